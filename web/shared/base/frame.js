/**
 * What surrounds every view: choice of language, short notices, questions before a final action, and the screens for a
 * server that is away and for a page that another page has replaced. Must never know a consultation.
 */

/** @import {Status} from "../signaling/protocol.js" */

import { find, icon, make, setText } from "./dom.js";
import { chooseLanguage, currentLanguage, errorText, LANGUAGES, onLanguage, OWN_NAMES, say, t, translate } from "./i18n.js";

// A socket that comes back sooner is not worth a warning.
const AWAY_SHOWN_AFTER_MS = 2_500;
const NOTICE_FOR_MS = 8_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let noticeTimer;

/** Fills the choice of language: three names, each in its own language; a narrow bar shows only two letters. */
export function startFrame() {
    // After the first view: nothing has the focus before.
    void import("./focus.js").then(({ keepFocus }) => keepFocus(), () => undefined);
    const box = find("[data-language]", HTMLElement);
    const short = make("span", { class: "short", "aria-hidden": "true" });
    const choice = make("select", { "data-action": "language", "data-i18n-label": "language.label" },
        ...LANGUAGES.map((language) => make("option", { value: language, lang: language }, OWN_NAMES[language])));
    const show = () => {
        choice.value = choice.lang = currentLanguage();
        setText(short, currentLanguage().toUpperCase());
    };
    choice.addEventListener("change", () => {
        const wanted = LANGUAGES.find((language) => language === choice.value) ?? "fr";
        void chooseLanguage(wanted).catch(() => {
            show();
            notice(errorText("server_away"));
        });
    });
    box.append(short, choice);
    translate(box);
    onLanguage(show);
    show();
}

/** Shows a sentence for some seconds; screen readers read it out. @param {string} text */
export function notice(text) {
    const box = find("[data-notice]", HTMLElement);
    const close = make("button", { type: "button", "aria-label": t("action.close") }, icon("cross"));
    close.addEventListener("click", () => (box.hidden = true));
    box.replaceChildren(make("span", {}, text), close);
    box.hidden = false;
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => (box.hidden = true), NOTICE_FOR_MS);
}

/** Hides the notice: a sentence for one patient is not for the next. */
export function hush() {
    find("[data-notice]", HTMLElement).hidden = true;
}

/**
 * Asks before a final action. Escape and the first button keep things as they are.
 * @param {{title: string, text: string, yes: string, no: string, icon: string}} words keys of the catalogs
 * @param {string} [about] the name of what the question is about, as people typed it
 * @returns {Promise<boolean>} true: yes
 */
export function confirm(words, about = "") {
    const keep = make("button", { type: "button", class: "button quiet", "data-action": "keep" });
    const go = make("button", { type: "button", class: "button danger", "data-action": "confirm" });
    const title = make("h2", { id: "question" });
    const text = make("p");
    const dialog = make("dialog", { "aria-labelledby": "question" }, icon(words.icon), title, ...(about ? [make("p", {}, make("strong", {}, about))] : []), text,
        make("div", { class: "choices" }, keep, go));
    say(title, words.title);
    say(text, words.text);
    say(keep, words.no);
    say(go, words.yes);
    document.body.append(dialog);
    return new Promise((resolve) => {
        keep.addEventListener("click", () => dialog.close());
        go.addEventListener("click", () => dialog.close("yes"));
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "yes");
        });
        dialog.showModal();
        keep.focus();
    });
}

/** The screens that cover every view, by the status of the connection. */
export class Overlays {
    /** @type {Status} */
    #status = { state: "connecting" };
    // Before the first status nobody waits for a socket: a person who signs in is not cut off.
    #notOpenSince = Number.POSITIVE_INFINITY;

    constructor() {
        this.away = find("[data-overlay=away]", HTMLElement);
        this.over = find("[data-overlay=over]", HTMLElement);
    }

    /** @param {Status} status */
    set(status) {
        const wasOpen = this.#status.state === "open";
        this.#status = status;
        const isFirst = this.#notOpenSince === Number.POSITIVE_INFINITY;
        if ((wasOpen || isFirst) && status.state !== "open") this.#notOpenSince = performance.now();
        this.tick();
    }

    /** Whether the server has been away for long enough to say so. */
    get isAway() {
        const { state } = this.#status;
        return (state === "away" || state === "connecting") && performance.now() - this.#notOpenSince > AWAY_SHOWN_AFTER_MS;
    }

    /** Call about once a second. `inCall`: do not cover the call, which goes on without the server. */
    tick(inCall = document.body.dataset.view === "call") {
        const over = this.#status.state === "over" && this.#status.code !== "signed_out" && this.#status.code !== "closed";
        this.over.hidden = !over;
        if (over) say(find("[data-over-text]", HTMLElement), overText(this.#status.code ?? ""));
        this.away.hidden = !this.isAway || inCall;
        if (this.away.hidden) return;
        const waitMs = (this.#status.retryAtMs ?? 0) - performance.now();
        const seconds = Math.ceil(waitMs / 1000);
        setText(find("[data-countdown]", HTMLElement), seconds > 0 ? t("away.retry", { count: seconds }) : t("away.trying"));
    }
}

/** @param {string} code @returns {string} */
function overText(code) {
    return code === "protocol_version" ? "over.version" : "over.taken";
}
