/**
 * Where the keyboard is. Owns: that the focus never falls to nowhere when what had it goes away, and that Escape closes
 * the panel that lies beside a page. Must never take the focus from something that is there.
 */

/** What had the focus last; a press of the pointer beside everything leaves it nowhere, which is meant. @type {Element | null} */
let last = null;

/** Watches the page from now on. */
export function keepFocus() {
    document.addEventListener("pointerdown", () => (last = null), { capture: true, passive: true });
    document.addEventListener("focusin", ({ target }) => (last = target instanceof Element ? target : null));
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.defaultPrevented) closePanel();
    });
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["hidden", "disabled"] });
}

function look() {
    const nowhere = document.activeElement === null || document.activeElement === document.body;
    if (!nowhere || !last) return;
    if (isThere(last) && last.matches(":disabled")) return; // what is busy gets it back
    const next = isThere(last) ? last : headingNow();
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
}

/** The heading of what lies on top: a panel, else the view. @returns {HTMLElement | null} */
function headingNow() {
    const name = document.body.dataset.view ?? "";
    const places = [".case-panel h1", "[data-overlay] h1", `[data-for~="${name}"] [data-heading]`, `[data-for~="${name}"] h1`, "main h1"];
    for (const place of places) {
        const found = [...document.querySelectorAll(place)].filter(isThere).at(-1);
        if (!(found instanceof HTMLElement)) continue;
        found.tabIndex = -1;
        return found;
    }
    return null;
}

/** @param {Element} one */
function isThere(one) {
    return one.isConnected && one.checkVisibility({ visibilityProperty: true });
}

function closePanel() {
    if (document.querySelector("dialog[open]")) return; // Escape is that one's
    const close = [...document.querySelectorAll(".case-panel [data-close]")].filter(isThere).at(-1);
    if (close instanceof HTMLElement) close.click();
}
