/**
 * The few HTTP calls of the pages. Owns: the header that marks our own requests, the time an answer may take, and turning
 * answers into values or one error type. Must never put what a person typed into a URL.
 */

/** @import {IceServer} from "../signaling/messages.js" */

/** An answer that is not a success. `status` 0: there was no answer; `code` is a key of the catalogs. */
export class HttpError extends Error {
    /**
     * @param {number} status @param {string} code @param {Record<string, any>} [more] what the answer says beside the code
     * @param {number} [retryAfterMs] after which time the server wants to be asked again; 0: it does not say
     */
    constructor(status, code, more = {}, retryAfterMs = 0) {
        super(`${status} ${code}`);
        this.status = status;
        this.code = code;
        this.more = more;
        this.retryAfterMs = retryAfterMs;
    }
}

// Not signed in just now, too slow, too early, too often: the same request may be taken a moment later.
const NOT_NOW = [401, 408, 425, 429];

/** Whether the server has decided against it: nothing is gained by sending the same again. @param {unknown} problem */
export function isRefused(problem) {
    return problem instanceof HttpError && problem.status >= 400 && problem.status < 500 && !NOT_NOW.includes(problem.status);
}

/** What `Retry-After` says in seconds (RFC 9110, section 10.2.3); 0: nothing, or a date. @param {Response} response */
export function retryAfterMs(response) {
    return 1000 * Number(response.headers.get("Retry-After")) || 0;
}

// The largest answer, a list of a hundred cases, takes ten seconds at 16 kbit/s; round trips and repairs come on top.
const ANSWER_WITHIN_MS = 30_000;

/**
 * The cause of a problem, as a key of the catalogs.
 * @param {unknown} problem @param {string} [otherwise] the key if the problem is no answer of the server @returns {string}
 */
export function codeOf(problem, otherwise = "error") {
    return problem instanceof HttpError ? problem.code : otherwise;
}

/**
 * Signs the requests of a station, because its cookie alone proves nothing.
 * @typedef {object} Signer
 * @property {(method: string, path: string) => Promise<Record<string, string>>} headers
 * @property {(challenge: string) => void} take sets the challenge that is signed from now on
 */

/** @type {Signer | null} */
let signer = null;

// Each of these pages has its own sign-in (server/people/sessions/cookies.py).
const FACE = ["mediator", "office"].find((face) => location.pathname.startsWith(`/${face}`));

/** Signs every request of this page from now on. @param {Signer} one */
export function signWith(one) {
    signer = one;
}

/**
 * The headers that mark a request as one of our own page, for requests that do not use `call`.
 * @param {string} method @param {string} path @returns {Promise<Record<string, string>>}
 */
export async function ownHeaders(method, path) {
    const headers = signer ? await signer.headers(method, path) : {};
    // A form on another site cannot set a header, so its presence shows the server that this is our own page.
    if (method !== "GET") headers["X-Keneya"] = "1";
    if (FACE) headers["X-Keneya-Face"] = FACE;
    return headers;
}

/**
 * Whether to repeat the request with the challenge that came: the last one was missing or old.
 * @param {Response} response
 */
export function tookChallenge(response) {
    const challenge = response.status === 401 ? response.headers.get("X-Keneya-Challenge") : null;
    if (challenge && signer) signer.take(challenge);
    return Boolean(challenge && signer);
}

/**
 * @param {"GET" | "POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @param {string} [key] of a request that is carried out once however often it is sent (`create` makes one)
 * @returns {Promise<any>} the JSON of the answer, or null when it has none
 * @throws {HttpError}
 */
export async function call(method, path, body, key) {
    let response = await ask(method, path, body, key);
    if (tookChallenge(response)) response = await ask(method, path, body, key);
    const text = await response.text().catch(() => {
        throw new HttpError(0, "server_away"); // the link broke in the middle of the answer
    });
    if (!response.ok) throw refusal(response, text);
    try {
        return text ? JSON.parse(text) : null;
    } catch {
        throw new HttpError(response.status, "error");
    }
}

/** @param {string} method @param {string} path @param {object} [body] @param {string} [key] @returns {Promise<Response>} */
async function ask(method, path, body, key) {
    const headers = { Accept: "application/json", ...(key ? { "Idempotency-Key": key } : {}), ...(await ownHeaders(method, path)) };
    try {
        return await fetch(path, {
            method,
            headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
            body: body === undefined ? null : JSON.stringify(body),
            cache: "no-store",
            credentials: "same-origin",
            signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        });
    } catch {
        throw new HttpError(0, "server_away");
    }
}

/** @param {Response} response @param {string} text body of a refusal @returns {HttpError} */
function refusal(response, text) {
    const { status } = response;
    try {
        const { code, ...more } = JSON.parse(text);
        return new HttpError(status, typeof code === "string" ? code : "error", more, retryAfterMs(response));
    } catch {
        return new HttpError(status, "error", {}, retryAfterMs(response)); // a proxy's own page, not ours
    }
}

/**
 * What a page needs to begin: a single-use ticket for the socket, who signed in, and ICE servers for the first leg.
 * @typedef {{ticket: string, name: string, site: string, ice_servers: IceServer[]}} Ticket
 */

/**
 * Fetches a ticket. One browser may be a station and hold signed-in people at once, so the page gives its role.
 * @param {"station" | "clinician" | "mediator"} role
 * @returns {Promise<Ticket>}
 * @throws {HttpError}
 */
export function fetchTicket(role) {
    return call("POST", "/api/ticket", { role });
}
