/**
 * Requests that make something: a case, a note, an account. Owns: their keys, by which the server carries each out once
 * however often it is sent. A key lives until an answer comes, and over a reload of the page. Must never keep what was
 * sent: of a request only its path and its key are written down.
 */

import { call, isRefused } from "../base/http.js";
import { UNANSWERED } from "./left.js";

const KEYS_MAX = 20;

/** @typedef {{path: string, key: string, takenBack?: boolean}} Unanswered `takenBack`: something else was to be sent instead */

/** The keys of this page's requests, by what is sent. @type {Map<string, string>} */
const keys = new Map();

/**
 * Sends a request that makes something. Pressed again after a lost answer, it is the same request.
 * @param {string} path
 * @param {object} [body]
 * @param {string} [key] of a form that sends one thing, however often it is corrected
 * @returns {Promise<any>} as `call`
 * @throws {HttpError}
 */
export async function create(path, body = {}, key) {
    const sent = `${path}\n${JSON.stringify(body)}`;
    const mine = key ?? keys.get(sent) ?? newKey();
    keys.set(sent, mine);
    remember([...unanswered().filter((one) => one.key !== mine), { path, key: mine }]);
    try {
        const answer = await call("POST", path, body, mine);
        forget(mine);
        return answer;
    } catch (problem) {
        // A busy server may have the request from the time before: its key is still needed.
        if (isRefused(problem)) forget(mine);
        throw problem;
    }
}

/** @returns {string} */
export function newKey() {
    return crypto.randomUUID();
}

/** Requests of this page, or of the page before its reload, that no answer came to. @returns {Unanswered[]} oldest first */
function unanswered() {
    try {
        return JSON.parse(sessionStorage.getItem(UNANSWERED) ?? "[]");
    } catch {
        return []; // storage is refused in some kiosk modes: then a reload forgets
    }
}

/** Those of the page before its reload. @returns {Unanswered[]} */
export function leftBehind() {
    const mine = new Set(keys.values());
    return unanswered().filter(({ key }) => !mine.has(key));
}

/**
 * What became of a request of the page before its reload. What has not come by now never will: the server refuses it.
 * @param {Unanswered} one
 * @returns {Promise<{came: boolean, answer: any}>} `answer`: what it got; null: nothing, or nobody knows
 * @throws {HttpError} nobody can say now
 */
export async function whatBecameOf({ key }) {
    const found = await call("POST", "/api/answers", { key });
    forget(key);
    return found;
}

/**
 * Takes back a case that was sent with this key, if it came; else it never comes. To be asked again while there is no answer:
 * a reload knows of it too.
 * @param {string} key
 * @returns {Promise<{remains: boolean}>} `remains`: it came and stays
 * @throws {HttpError} nobody can say now
 */
export async function takeBack(key) {
    remember([...unanswered().filter((one) => one.key !== key), { path: "/api/cases", key, takenBack: true }]);
    const found = await call("POST", "/api/cases/taken-back", { key });
    forget(key);
    return found;
}

/** @param {string} key */
function forget(key) {
    for (const [sent, known] of keys) if (known === key) keys.delete(sent);
    remember(unanswered().filter((one) => one.key !== key));
}

/** @param {Unanswered[]} all */
function remember(all) {
    try {
        if (all.length) sessionStorage.setItem(UNANSWERED, JSON.stringify(all.slice(-KEYS_MAX)));
        else sessionStorage.removeItem(UNANSWERED);
    } catch {
        // as above
    }
}
