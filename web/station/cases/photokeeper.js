/**
 * Photos on their way to a case. Owns: that they are sent one after the other, over a reload too: until the server has
 * one, this device keeps it (IndexedDB `keneya-photos`), small and without what the camera wrote beside it. Must never
 * keep a photo once the server has it or has refused it; a server that is busy, or does not know this station just now, has
 * refused nothing.
 */

import { codeOf, isRefused } from "../../shared/base/http.js";
import { errorText, number, t } from "../../shared/base/i18n.js";
import { announce, upload } from "./photos.js";

export const DATABASE = "keneya-photos";
const STORE = "photos";
/** Says over a reload, and after a power cut, that there may be photos: nothing is loaded to look for none. */
export const FLAG = "keneya.photos";

/** @typedef {{caseId: string, position: number, photo: Blob}} Kept position: from 1 */
/** @typedef {(text: string) => void} Tell how far they are, for people */

/**
 * Sends photos to a case, and keeps them until they are there.
 * @param {string} caseId @param {Blob[]} photos @param {Tell} tell
 */
export async function sendPhotos(caseId, photos, tell) {
    if (!photos.length) return;
    const kept = photos.map((photo, index) => ({ caseId, position: index + 1, photo }));
    mark(true);
    // Where nothing can be kept, a reload is told instead: the server knows what was to come.
    await Promise.all(kept.map((one) => inStore("readwrite", (store) => store.put(one)).catch(() => null)));
    for (const one of kept) await announce(caseId, one.photo).catch(() => null);
    await sendAll(kept, tell);
}

/**
 * Goes on with what a reload has interrupted.
 * @param {Tell} tell @returns {Promise<string[]>} the cases whose photos were on their way
 */
export async function resumePhotos(tell) {
    /** @type {Kept[]} */
    const kept = await inStore("readonly", (store) => store.getAll()).catch(() => []);
    await sendAll(kept.sort((one, other) => one.position - other.position), tell);
    return [...new Set(kept.map(({ caseId }) => caseId))];
}

/** One after the other, so that the first is there soon. @param {Kept[]} kept @param {Tell} tell */
async function sendAll(kept, tell) {
    const lost = [];
    for (const one of kept) {
        const { caseId, position, photo } = one;
        try {
            await upload(caseId, photo, (done) => tell(t("case.photo.sending", { number: position, percent: number(Math.floor(done * 100)) })));
            tell(t("case.photo.sent", { number: position }));
            await forget(one);
        } catch (problem) {
            lost.push(t("case.photo.failed", { number: position, why: errorText(codeOf(problem)) }));
            if (isRefused(problem)) await forget(one);
        }
    }
    // What came last is not all there is to say: each that is missing is named.
    if (lost.length) tell(lost.join(" "));
    if (!(await inStore("readonly", (store) => store.count()).catch(() => 0))) mark(false);
}

/** @param {Kept} one */
async function forget({ caseId, position }) {
    await inStore("readwrite", (store) => store.delete([caseId, position])).catch(() => null);
}

/** @param {boolean} on */
function mark(on) {
    try {
        if (on) localStorage.setItem(FLAG, "1");
        else localStorage.removeItem(FLAG);
    } catch {
        // Storage is refused in some kiosk modes: then a reload does not go on.
    }
}

/**
 * @template T
 * @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>} its result, once it is on disk
 */
function inStore(mode, act) {
    return new Promise((resolve, reject) => {
        const opening = indexedDB.open(DATABASE, 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: ["caseId", "position"] });
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
            const transaction = opening.result.transaction(STORE, mode);
            const request = act(transaction.objectStore(STORE));
            transaction.oncomplete = () => {
                opening.result.close();
                resolve(request.result);
            };
            transaction.onabort = () => {
                opening.result.close();
                reject(transaction.error);
            };
        };
    });
}
