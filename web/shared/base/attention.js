/**
 * A notice of the system for somebody who does not look at this page. Owns: whether it is allowed. Must never say anything
 * of a patient: a notice lies on the screen for whoever passes.
 */

/** Asks whether notices are allowed, once; from a press. */
export function allowNotices() {
    if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
}

/** Where it is allowed and the page does not have the focus. @param {string} words @param {string} tag of one kind there is one notice */
export function showNotice(words, tag) {
    if (!("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
    try {
        const shown = new Notification(words, { tag, requireInteraction: true, icon: "/web/shared/base/favicon.svg" });
        shown.onclick = () => {
            window.focus();
            shown.close();
        };
    } catch {
        // Telephones show notices of service workers alone: the title and the tone remain.
    }
}
