/**
 * The key of this station: made here, kept by the browser, never exported (WebCrypto, ECDSA P-256). Owns: making the key,
 * storing it in IndexedDB, and signing requests with it (server/people/sessions/proofs.py). Must never export the private
 * key, because a copied cookie is useless only without it.
 */

export const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const STORE = "keys";
export const NAME = "station";
const NUMBER_BYTES = 16;

/** @type {CryptoKey | null} */
let key = null;
let challenge = "";

/** Signs with this key from now on. @param {CryptoKey} made */
export function useKey(made) {
    key = made;
}

/** The signer of this page, for `signWith`. @type {import("../shared/base/http.js").Signer} */
export const stationSigner = {
    async headers(method, path) {
        /** @type {Record<string, string>} */
        const headers = { "X-Keneya-Face": "station" };
        key ??= (await inStore("readonly", (store) => store.get(NAME))) ?? null;
        // The page arrived with a challenge, so the first request need not be repeated.
        challenge ||= /(?:^|; )keneya-challenge=([\w-]+)/.exec(document.cookie)?.[1] ?? "";
        if (!key || !challenge) return headers;
        const number = text(crypto.getRandomValues(new Uint8Array(NUMBER_BYTES)));
        const signed = ["keneya-proof-1", method, path, challenge, number].join("\n");
        const signature = await crypto.subtle.sign(SIGNATURE, key, new TextEncoder().encode(signed));
        headers["X-Keneya-Proof"] = `${challenge}.${number}.${text(new Uint8Array(signature))}`;
        return headers;
    },
    take(told) {
        challenge = told;
    },
};

/** @param {Uint8Array} bytes @returns {string} base64url (RFC 4648) */
function text(bytes) {
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @template T
 * @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>} its result, once it is on disk
 */
export function inStore(mode, act) {
    return new Promise((resolve, reject) => {
        const opening = indexedDB.open("keneya", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
            const database = opening.result;
            const transaction = database.transaction(STORE, mode);
            const request = act(transaction.objectStore(STORE));
            transaction.oncomplete = () => {
                database.close();
                resolve(request.result);
            };
            transaction.onabort = () => {
                database.close();
                reject(transaction.error);
            };
        };
    });
}
