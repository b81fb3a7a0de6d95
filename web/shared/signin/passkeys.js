/**
 * Passkeys in this browser (WebAuthn Level 3): making one and signing with one. Owns: turning the server's JSON into
 * what `navigator.credentials` takes, and back, also in browsers that cannot do that themselves. Must never send
 * anything.
 */

import { HttpError } from "../base/http.js";

/** Whether this browser can use passkeys on this page: not on an address of digits, and not without encryption. */
export function passkeysHere() {
    return window.isSecureContext && "PublicKeyCredential" in window && !/^[\d.]+$|^\[/.test(location.hostname);
}

/**
 * @param {any} options of the server @returns {Promise<object>} what the server verifies
 * @throws {HttpError} it was turned down, or this browser cannot
 */
export async function create(options) {
    const known = options.excludeCredentials ?? [];
    const made = await asked(() => navigator.credentials.create({ publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: known.map(described),
    } }));
    const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
    return whole(made, {
        clientDataJSON: text(response.clientDataJSON),
        attestationObject: text(response.attestationObject),
        transports: response.getTransports?.() ?? [],
    });
}

/**
 * @param {any} options of the server @returns {Promise<object>} what the server verifies
 * @throws {HttpError} it was turned down, or this browser cannot
 */
export async function sign(options) {
    const known = options.allowCredentials ?? [];
    const made = await asked(() => navigator.credentials.get({ publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        allowCredentials: known.map(described),
    } }));
    const response = /** @type {AuthenticatorAssertionResponse} */ (made.response);
    return whole(made, {
        clientDataJSON: text(response.clientDataJSON),
        authenticatorData: text(response.authenticatorData),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : null,
    });
}

/** @param {() => Promise<Credential | null>} ask @returns {Promise<PublicKeyCredential>} */
async function asked(ask) {
    if (!passkeysHere()) throw new HttpError(0, "passkey_not_here");
    try {
        return /** @type {PublicKeyCredential} */ (await ask());
    } catch (problem) {
        // The device has one of this account already.
        const isKnown = problem instanceof DOMException && problem.name === "InvalidStateError";
        throw new HttpError(0, isKnown ? "passkey_known" : "passkey_cancelled");
    }
}

/** @param {PublicKeyCredential} made @param {object} response */
function whole(made, response) {
    return { id: made.id, rawId: text(made.rawId), type: made.type, response };
}

/** @param {{id: string}} one @returns {any} */
function described(one) {
    return { ...one, id: bytes(one.id) };
}

/** @param {string} base64url @returns {Uint8Array<ArrayBuffer>} */
function bytes(base64url) {
    return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** @param {ArrayBuffer} raw @returns {string} base64url */
function text(raw) {
    return btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
