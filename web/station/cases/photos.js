/**
 * Uploading photos to a case, in pieces; the upload resumes where the link broke. Owns: one upload at a time.
 */

import { call, HttpError, isRefused, ownHeaders, retryAfterMs, tookChallenge } from "../../shared/base/http.js";

// One piece takes four seconds at 16 kbit/s: little is lost with a link, and progress is seen.
const PIECE_BYTES = 8192;
// A piece that takes longer than this is sent again.
const PIECE_WITHIN_MS = 30_000;
const RETRY_AFTER_MS = 3000;
// The longest wait that our own server asks for; a proxy that says more is asked again all the same.
const RETRY_AFTER_MAX_MS = 60_000;
const TRIES = 20;

/**
 * Says that a photo will come, so that the server knows of it before the first piece.
 * @param {string} caseId @param {Blob} photo
 * @returns {Promise<{id: string, received_bytes: number}>}
 * @throws {HttpError}
 */
export async function announce(caseId, photo) {
    const bytes = await photo.arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return patiently(() => call("POST", `/api/cases/${caseId}/photos`, { size_bytes: bytes.byteLength, sha256 }));
}

/**
 * @param {string} caseId @param {Blob} photo @param {(done: number) => void} progress from 0 to 1
 * @throws {HttpError} if the server refuses, or stays away for too long
 */
export async function upload(caseId, photo, progress) {
    const told = await announce(caseId, photo);
    const bytes = new Uint8Array(await photo.arrayBuffer());
    let here = told.received_bytes;
    do {
        const from = here;
        here = await patiently(() => piece(told.id, from, bytes.subarray(from, from + PIECE_BYTES)));
        progress(here / bytes.length);
    } while (here < bytes.length);
}

/** @param {string} photoId @param {number} offset @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<number>} bytes there now */
async function piece(photoId, offset, bytes) {
    let answer = await post(`/api/photos/${photoId}`, offset, bytes);
    if (tookChallenge(answer)) answer = await post(`/api/photos/${photoId}`, offset, bytes);
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new HttpError(answer.status, body.code ?? "error", {}, retryAfterMs(answer));
    if (typeof body.received_bytes !== "number") throw new HttpError(0, "server_away"); // the answer broke off
    return body.received_bytes;
}

/** @param {string} path @param {number} offset @param {Uint8Array<ArrayBuffer>} body @returns {Promise<Response>} */
async function post(path, offset, body) {
    const headers = { ...(await ownHeaders("POST", path)), "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) };
    try {
        return await fetch(path, { method: "POST", headers, body, credentials: "same-origin", signal: AbortSignal.timeout(PIECE_WITHIN_MS) });
    } catch {
        throw new HttpError(0, "server_away");
    }
}

/** Tries again while the server does not answer, or has no time for us. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
async function patiently(work) {
    for (let tries = 1; ; tries += 1) {
        try {
            return await work();
        } catch (problem) {
            if (!(problem instanceof HttpError) || isRefused(problem) || tries === TRIES) throw problem;
            const waitMs = Math.min(Math.max(RETRY_AFTER_MS, problem.retryAfterMs), RETRY_AFTER_MAX_MS);
            await new Promise((resolve) => setTimeout(resolve, waitMs));
        }
    }
}
