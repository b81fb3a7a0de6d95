/**
 * What people see of stills in a call: the question before one is taken, the progress, the large picture with zoom, the
 * strip with the stills of this call. Owns: these elements. Must never send anything, nor keep a picture after `clear`.
 */

import { icon, make, setText } from "../base/dom.js";
import { onLanguage, say, t } from "../base/i18n.js";

// A phone's screen needs four times to show each camera pixel as one screen pixel; a higher zoom shows little more.
const ZOOM_MAX = 6;
const ZOOM_STEP = 1.5;
// A doctor compares a few stills; older ones are not needed in this call.
const STRIP_MAX = 8;

/**
 * @typedef {object} Line a still under way
 * @property {HTMLElement} element
 * @property {HTMLElement} words
 * @property {HTMLProgressElement} bar
 * @property {string} key
 * @property {number} percent
 */

export class StillView {
    /** @type {Map<string, Line>} */
    #lines = new Map();
    /** @type {string[]} */
    #urls = [];
    #zoom = 1;
    #at = { x: 0, y: 0 };

    /** @param {HTMLElement} root of the call */
    constructor(root) {
        this.lines = make("div", { class: "still-lines", role: "status" });
        this.strip = make("div", { class: "still-strip" });
        this.picture = make("img", { class: "still", draggable: "false" });
        const tools = make("div", { class: "still-tools" },
            tool("still-closer", "+", "still.closer"), tool("still-farther", "−", "still.farther"), tool("still-close", "×", "action.close"));
        this.viewer = make("div", { class: "still-viewer", role: "dialog", tabindex: "-1" }, this.picture, tools);
        this.viewer.setAttribute("data-i18n-label", "still.picture");
        this.viewer.hidden = true;
        this.question = make("div", { class: "still-question", role: "alertdialog", tabindex: "-1" });
        this.question.hidden = true;
        root.append(this.lines, this.strip, this.viewer, this.question);
        this.#listen();
        onLanguage(() => this.#relabel());
        this.#relabel();
    }

    /**
     * Shows a still under way, or updates its progress.
     * @param {string} name @param {string} key of a text with `{percent}` @param {number | null} fraction null: no bar
     * @param {(() => void) | null} [cancel]
     */
    progress(name, key, fraction, cancel = null) {
        let line = this.#lines.get(name);
        if (!line) {
            const words = make("span");
            const bar = make("progress", { max: "100" });
            const element = make("p", { class: "still-line", "data-still-progress": "0" }, icon("photo"), words, bar);
            if (cancel) element.append(cancelButton(cancel));
            line = { element, words, bar, key, percent: 0 };
            this.#lines.set(name, line);
            this.lines.append(element);
        }
        line.key = key;
        line.percent = Math.floor((fraction ?? 0) * 100);
        line.bar.hidden = fraction === null;
        line.bar.value = line.percent;
        line.element.dataset.stillProgress = String(line.percent);
        setText(line.words, t(key, { percent: line.percent }));
    }

    /** @param {string} name */
    forget(name) {
        this.#lines.get(name)?.element.remove();
        this.#lines.delete(name);
    }

    /**
     * Asks before a picture is taken; the answer is yes after the countdown.
     * @param {number} seconds @returns {Promise<boolean>}
     */
    ask(seconds) {
        return new Promise((resolve) => {
            const count = make("span", { class: "still-count" });
            const no = make("button", { type: "button", class: "button quiet", "data-action": "still-refuse" });
            const words = make("p");
            say(words, "still.asked");
            say(no, "still.refuse");
            this.question.replaceChildren(icon("photo", "icon picture"), words, count, no);
            this.question.hidden = false;
            no.focus({ preventScroll: true });
            let left = seconds;
            const answer = (/** @type {boolean} */ yes) => {
                clearInterval(timer);
                this.question.hidden = true;
                this.question.replaceChildren();
                resolve(yes);
            };
            const tick = () => (left === 0 ? answer(true) : setText(count, String(left--)));
            const timer = setInterval(tick, 1_000);
            no.addEventListener("click", () => answer(false));
            tick();
        });
    }

    /** Shows a still that has arrived: large at once, and in the strip. @param {Blob} still */
    show(still) {
        const url = URL.createObjectURL(still);
        this.#urls.push(url);
        const button = make("button", { type: "button", class: "still-thumb", "data-action": "still-open" }, make("img", { src: url, alt: "" }));
        button.setAttribute("aria-label", t("still.picture"));
        button.addEventListener("click", () => this.#open(url));
        this.strip.prepend(button);
        while (this.strip.children.length > STRIP_MAX) this.#dropLast();
        this.#open(url);
    }

    /** Removes everything: the call is over. */
    clear() {
        this.viewer.hidden = true;
        this.picture.removeAttribute("src");
        this.strip.replaceChildren();
        for (const url of this.#urls) URL.revokeObjectURL(url);
        this.#urls = [];
        for (const name of [...this.#lines.keys()]) this.forget(name);
        this.question.querySelector("button")?.click(); // answers no: nobody is there to answer
    }

    /** @param {string} url */
    #open(url) {
        this.picture.src = url;
        this.#setZoom(1);
        this.viewer.hidden = false;
        this.viewer.focus({ preventScroll: true });
    }

    #dropLast() {
        const url = this.#urls.shift();
        this.strip.lastElementChild?.remove();
        if (url && this.picture.src !== url) URL.revokeObjectURL(url);
    }

    #listen() {
        this.viewer.addEventListener("click", ({ target }) => {
            const action = target instanceof Element ? target.closest("[data-action]")?.getAttribute("data-action") : null;
            if (action === "still-close") this.viewer.hidden = true;
            else if (action === "still-closer") this.#setZoom(this.#zoom * ZOOM_STEP);
            else if (action === "still-farther") this.#setZoom(this.#zoom / ZOOM_STEP);
        });
        this.picture.addEventListener("dblclick", () => this.#setZoom(this.#zoom > 1 ? 1 : ZOOM_STEP ** 2));
        this.viewer.addEventListener("wheel", (event) => {
            event.preventDefault();
            this.#setZoom(event.deltaY < 0 ? this.#zoom * ZOOM_STEP : this.#zoom / ZOOM_STEP);
        }, { passive: false });
        this.picture.addEventListener("pointerdown", (event) => this.picture.setPointerCapture(event.pointerId));
        this.picture.addEventListener("pointermove", (event) => {
            if (event.buttons) this.#move(event.movementX, event.movementY);
        });
        this.viewer.addEventListener("keydown", (event) => this.#key(event));
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const step = 60; // pixels: a finger's width
        /** @type {Record<string, () => void>} */
        const keys = {
            Escape: () => (this.viewer.hidden = true),
            "+": () => this.#setZoom(this.#zoom * ZOOM_STEP),
            "-": () => this.#setZoom(this.#zoom / ZOOM_STEP),
            ArrowLeft: () => this.#move(step, 0),
            ArrowRight: () => this.#move(-step, 0),
            ArrowUp: () => this.#move(0, step),
            ArrowDown: () => this.#move(0, -step),
        };
        const act = keys[event.key];
        if (!act) return;
        event.preventDefault();
        act();
    }

    /** @param {number} zoom */
    #setZoom(zoom) {
        this.#zoom = Math.min(Math.max(zoom, 1), ZOOM_MAX);
        this.#move(0, 0);
    }

    /** @param {number} x @param {number} y pixels of the screen */
    #move(x, y) {
        const most = { x: (this.picture.clientWidth * (this.#zoom - 1)) / 2, y: (this.picture.clientHeight * (this.#zoom - 1)) / 2 };
        this.#at.x = Math.min(Math.max(this.#at.x + x, -most.x), most.x);
        this.#at.y = Math.min(Math.max(this.#at.y + y, -most.y), most.y);
        this.picture.style.transform = `translate(${this.#at.x}px, ${this.#at.y}px) scale(${this.#zoom})`;
    }

    #relabel() {
        this.picture.alt = t("still.picture");
        this.viewer.setAttribute("aria-label", t("still.picture"));
        for (const button of this.viewer.querySelectorAll("[data-i18n-label]")) {
            button.setAttribute("aria-label", t(button.getAttribute("data-i18n-label") ?? ""));
        }
        for (const { words, key, percent } of this.#lines.values()) setText(words, t(key, { percent }));
    }
}

/** @param {string} action @param {string} sign @param {string} key @returns {HTMLButtonElement} */
function tool(action, sign, key) {
    return make("button", { type: "button", class: "still-tool", "data-action": action, "data-i18n-label": key }, sign);
}

/** @param {() => void} cancel @returns {HTMLButtonElement} */
function cancelButton(cancel) {
    const button = make("button", { type: "button", class: "still-cancel", "data-action": "still-cancel" });
    say(button, "still.cancel");
    button.addEventListener("click", cancel);
    return button;
}
