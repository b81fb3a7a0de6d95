/**
 * The few HTTP calls of the pages. Owns: the header that marks our own requests, and turning answers
 * into values or one error type. Must never put what a person typed into a URL.
 */

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
 * @param {"GET" | "POST" | "DELETE"} method
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @returns {Promise<any>} the JSON of the answer, or null when it has none
 * @throws {HttpError}
 */
export async function call(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json" };
    // A form on another site cannot set a header: the server takes its presence as "our own page".
    if (method !== "GET") headers["X-Keneya"] = "1";
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response;
    try {
        response = await fetch(path, {
            method,
            headers,
            body: body === undefined ? null : JSON.stringify(body),
            cache: "no-store",
            credentials: "same-origin",
        });
    } catch {
        throw new HttpError(0, "server_away");
    }
    const text = await response.text().catch(() => "");
    if (!response.ok) throw new HttpError(response.status, errorCode(text));
    try {
        return text ? JSON.parse(text) : null;
    } catch {
        throw new HttpError(response.status, "error");
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
 * One browser may be a station and hold a signed-in person at once: the page says which one it is.
 * @param {"station" | "clinician"} role
 * @returns {Promise<string>} a single-use ticket for the socket
 * @throws {HttpError}
 */
export async function fetchTicket(role) {
    return (await call("POST", "/api/ticket", { role })).ticket;
}
