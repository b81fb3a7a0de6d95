/**
 * Whether a page left something on its way when it was loaded anew. Owns: the look, so that what goes on with it is loaded
 * only then.
 */

/** Requests that no answer came to (create.js). */
export const UNANSWERED = "keneya.unanswered";

/** @param {...string} names of what the storage of this tab or of this device may hold */
export function hasLeft(...names) {
    try {
        return names.some((name) => (sessionStorage.getItem(name) ?? localStorage.getItem(name)) !== null);
    } catch {
        return false; // storage is refused in some kiosk modes: nothing was kept
    }
}

/** Whoever signs out takes along what was theirs. */
export function forgetUnanswered() {
    if (hasLeft(UNANSWERED)) sessionStorage.removeItem(UNANSWERED);
}
