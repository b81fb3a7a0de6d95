/**
 * Uploading photos to a case: each is made small and sent in pieces, and the upload resumes where the link broke. Owns: one upload at a
 * time. Must never send what the camera wrote beside the picture: a canvas makes every picture anew.
 */

import { call, HttpError, ownHeaders, tookChallenge } from "../../shared/base/http.js";

// A wound can be judged at 1,280 pixels; at this quality that is 60 to 120 kB.
const LONGEST_PX = 1280;
const QUALITY = 0.7;
// One piece takes four seconds at 16 kbit/s: little is lost with a link, and progress is seen.
const PIECE_BYTES = 8192;
const RETRY_AFTER_MS = 3000;
const TRIES = 20;

/** @param {Blob} file what the camera gave @returns {Promise<Blob>} a small JPEG */
export async function shrunk(file) {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return new Promise((resolve, reject) => {
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new HttpError(422, "photo_broken"))), "image/jpeg", QUALITY);
    });
}

/**
 * @param {string} caseId @param {Blob} photo @param {(done: number) => void} progress from 0 to 1
 * @throws {HttpError} if the server refuses, or stays away for too long
 */
export async function upload(caseId, photo, progress) {
    const bytes = new Uint8Array(await photo.arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const told = await patiently(() => call("POST", `/api/cases/${caseId}/photos`, { size_bytes: bytes.length, sha256 }));
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
    if (!answer.ok) throw new HttpError(answer.status, body.code ?? "error");
    return body.received_bytes;
}

/** @param {string} path @param {number} offset @param {Uint8Array<ArrayBuffer>} body @returns {Promise<Response>} */
async function post(path, offset, body) {
    const headers = { ...(await ownHeaders("POST", path)), "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) };
    try {
        return await fetch(path, { method: "POST", headers, body, credentials: "same-origin" });
    } catch {
        throw new HttpError(0, "server_away");
    }
}

/** Tries again while the server does not answer. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
async function patiently(work) {
    for (let tries = 1; ; tries += 1) {
        try {
            return await work();
        } catch (problem) {
            const away = problem instanceof HttpError && (problem.status === 0 || problem.status >= 500);
            if (!away || tries === TRIES) throw problem;
            await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
        }
    }
}
