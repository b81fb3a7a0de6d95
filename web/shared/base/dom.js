/**
 * Small helpers for the document. Owns nothing. Must never make markup from text (no innerHTML): what people write stays
 * text.
 */

const SVG = "http://www.w3.org/2000/svg";
// The sprite beside this module, so that both are of the same version.
const SPRITE = new URL("./icons.svg", import.meta.url).pathname;

/**
 * The element that the page must have. A page without it is faulty, and fails at once.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function find(selector, type, root = document) {
    const element = root.querySelector(selector);
    if (!(element instanceof type)) throw new Error(`page lacks ${selector}`);
    return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
}

/** @param {string} name a symbol of icons.svg @param {string} [className] @returns {SVGElement} */
export function icon(name, className = "icon") {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", className);
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", `${SPRITE}#${name}`);
    svg.append(use);
    return svg;
}

/** Exchanges the first icon under `root`. @param {ParentNode} root @param {string} name */
export function swapIcon(root, name) {
    const use = root.querySelector("use");
    const href = `${SPRITE}#${name}`;
    if (use?.getAttribute("href") !== href) use?.setAttribute("href", href);
}

/** Writes a text only if it has changed, so that live regions speak once. @param {Element} element @param {string} text */
export function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

/**
 * Calls `actions[name]` for clicks on an element with `data-action=name`, also one that is added later.
 * @param {Record<string, (target: HTMLElement) => void>} actions
 */
export function onActions(actions) {
    document.addEventListener("click", (event) => {
        const target = event.target instanceof Element ? event.target.closest("[data-action]") : null;
        if (!(target instanceof HTMLElement)) return;
        actions[target.dataset.action ?? ""]?.(target);
    });
}

/**
 * Shows one view of the page (`body[data-view]`; `data-for` names the views of an element) and moves the focus to
 * its heading, so that a screen reader follows.
 * @param {string} name
 */
export function showView(name) {
    if (document.body.dataset.view === name) return;
    document.body.dataset.view = name;
    // A question belongs to the view in which it was asked.
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    for (const view of document.querySelectorAll("[data-for]")) {
        if (view instanceof HTMLElement) view.hidden = !view.dataset.for?.split(" ").includes(name);
    }
    const heading = document.querySelector(`[data-for~="${name}"] [data-heading]`);
    if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
}

/**
 * Plays a track in an element; a track that plays already goes on.
 * @param {HTMLMediaElement} element
 * @param {MediaStreamTrack | null} track
 */
export function attach(element, track) {
    const stream = element.srcObject instanceof MediaStream ? element.srcObject : null;
    if ((stream?.getTracks()[0] ?? null) === track) return;
    element.srcObject = track ? new MediaStream([track]) : null;
}
