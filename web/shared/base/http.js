/**
 * The few HTTP calls of the pages. Owns: the header that marks our own requests, and turning answers
 * into values or one error type. Must never put what a person typed into a URL.
 */

/** @import {IceServer} from "../signaling/messages.js" */

/** An answer that is not a success. `status` 0: no answer came; `code` is a key of the catalogs. */
export class HttpError extends Error {
    /** @param {number} status @param {string} code */
    constructor(status, code) {
        super(`${status} ${code}`);
        this.status = status;
        this.code = code;
    }
}

/**
 * What went wrong, as a key of the catalogs.
 * @param {unknown} problem @param {string} [otherwise] of whatever is no answer of the server @returns {string}
 */
export function codeOf(problem, otherwise = "error") {
    return problem instanceof HttpError ? problem.code : otherwise;
}

/**
 * Signs the requests of a station, whose cookie alone proves nothing.
 * @typedef {object} Signer
 * @property {(method: string, path: string) => Promise<Record<string, string>>} headers
 * @property {(challenge: string) => void} take what the server wants signed from now on
 */

/** @type {Signer | null} */
let signer = null;

// Each of these pages has a sign-in of its own (server/people/sessions/cookies.py).
const FACE = ["mediator", "office"].find((face) => location.pathname.startsWith(`/${face}`));

/** From now on every request of this page is signed. @param {Signer} one */
export function signWith(one) {
    signer = one;
}

/**
 * The headers that mark a request as our own page's, for requests that do not go through `call`.
 * @param {string} method @param {string} path @returns {Promise<Record<string, string>>}
 */
export async function ownHeaders(method, path) {
    const headers = signer ? await signer.headers(method, path) : {};
    // A form on another site cannot set a header: the server takes its presence as "our own page".
    if (method !== "GET") headers["X-Keneya"] = "1";
    if (FACE) headers["X-Keneya-Face"] = FACE;
    return headers;
}

/** Whether asking again can help: the challenge was missing or old. @param {Response} response */
export function tookChallenge(response) {
    const challenge = response.status === 401 ? response.headers.get("X-Keneya-Challenge") : null;
    if (challenge && signer) signer.take(challenge);
    return Boolean(challenge && signer);
}

/**
 * @param {"GET" | "POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @returns {Promise<any>} the JSON of the answer, or null when it has none
 * @throws {HttpError}
 */
export async function call(method, path, body) {
    let response = await ask(method, path, body);
    if (tookChallenge(response)) response = await ask(method, path, body);
    const text = await response.text().catch(() => "");
    if (!response.ok) throw new HttpError(response.status, errorCode(text));
    try {
        return text ? JSON.parse(text) : null;
    } catch {
        throw new HttpError(response.status, "error");
    }
}

/** @param {string} method @param {string} path @param {object | undefined} body @returns {Promise<Response>} */
async function ask(method, path, body) {
    const headers = { Accept: "application/json", ...(await ownHeaders(method, path)) };
    try {
        return await fetch(path, {
            method,
            headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
            body: body === undefined ? null : JSON.stringify(body),
            cache: "no-store",
            credentials: "same-origin",
        });
    } catch {
        throw new HttpError(0, "server_away");
    }
}

/** @param {string} text body of a refusal @returns {string} */
function errorCode(text) {
    try {
        const code = JSON.parse(text).code;
        return typeof code === "string" ? code : "error";
    } catch {
        return "error"; // a proxy's own page, not ours
    }
}

/**
 * What a page needs to begin: a single-use ticket for the socket, who it is, and the servers a first leg may need.
 * @typedef {{ticket: string, name: string, site: string, ice_servers: IceServer[]}} Ticket
 */

/**
 * One browser may be a station and hold signed-in people at once: the page says which one it is.
 * @param {"station" | "clinician" | "mediator"} role
 * @returns {Promise<Ticket>}
 * @throws {HttpError}
 */
export function fetchTicket(role) {
    return call("POST", "/api/ticket", { role });
}
