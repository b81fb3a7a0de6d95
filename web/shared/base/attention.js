/**
 * A notice of the system for a person who does not look at this page. Owns: the permission. Must never say anything about a
 * patient, because everybody who passes can read a notice.
 */

/** Asks once for the permission to show notices; call it from the handler of a press. */
export function allowNotices() {
    if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
}

/**
 * Shows a notice if that is allowed and the page does not have the focus.
 * @param {string} words @param {string} tag a later notice with the same tag replaces it
 */
export function showNotice(words, tag) {
    if (!("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
    try {
        const shown = new Notification(words, { tag, requireInteraction: true, icon: "/web/shared/base/favicon.svg" });
        shown.onclick = () => {
            window.focus();
            shown.close();
        };
    } catch {
        // Telephones show only notices of service workers; title and tone are enough there.
    }
}
