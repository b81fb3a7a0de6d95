/**
 * The small form that every step of signing in is. Owns: its markup, and saying what went wrong. Must never keep a
 * secret after its form is gone.
 */

import { icon, make, setText } from "../base/dom.js";
import { codeOf } from "../base/http.js";
import { errorText, say } from "../base/i18n.js";

// A sign-in that was left for a quarter of an hour begins again.
const GONE = ["not_signed_in", "not_now"];

/** @typedef {{key: string, icon: string, value: string}} Other another way to take this step: its words, and what comes of it */

/**
 * @typedef {object} StepForm
 * @property {string} title a key of the catalogs
 * @property {Node[]} parts
 * @property {HTMLInputElement} [first] gets the focus; none: the button does
 * @property {string} [submit] the words of the button
 * @property {() => Promise<any>} send
 * @property {Other[]} [others]
 * @property {string} [backKey] @property {() => Promise<unknown>} back what giving up does
 */

/**
 * One step: resolves with the server's answer once it took it, with the value of another way, or null when given up.
 * @param {HTMLElement} box @param {StepForm} wanted
 * @returns {Promise<any>}
 */
export function stepForm(box, { title, parts, first, submit: words, send, others = [], backKey = "step.back", back }) {
    const error = make("p", { class: "error-text", role: "alert", id: "step-error" });
    const submit = make("button", { type: "submit", class: "button" }, icon("check"), said("span", words ?? "step.go_on"));
    const leave = make("button", { type: "button", class: "button quiet", "data-action": "step-back" }, said("span", backKey));
    const ways = others.map((other) => make("button", { type: "button", class: "button quiet", "data-way": other.value },
        icon(other.icon), said("span", other.key)));
    const element = make("form", { class: "card", "data-form": title.replaceAll(".", "-"), novalidate: "" },
        said("h2", title), ...parts, error, submit, ...ways, leave);
    first?.setAttribute("aria-describedby", "step-error");
    box.replaceChildren(element);
    (first ?? submit).focus();
    return new Promise((resolve) => {
        for (const way of ways) way.addEventListener("click", () => resolve(way.dataset.way));
        leave.addEventListener("click", () => void back().catch(() => null).then(() => resolve(null)));
        element.addEventListener("submit", async (event) => {
            event.preventDefault();
            setText(error, "");
            submit.disabled = true;
            try {
                resolve(await send());
            } catch (problem) {
                const code = codeOf(problem);
                if (GONE.includes(code)) resolve(null);
                setText(error, errorText(code));
                first?.select();
            } finally {
                submit.disabled = false;
            }
        });
    });
}

/** @returns {{row: HTMLElement, input: HTMLInputElement}} */
export function digits() {
    const input = make("input", { id: "six-digits", name: "code", class: "code", required: "", maxlength: "9", inputmode: "numeric",
        autocomplete: "one-time-code", spellcheck: "false" });
    return { row: make("div", { class: "field" }, label("step.totp.code", "six-digits"), input), input };
}

/** @returns {{row: HTMLElement, input: HTMLInputElement}} */
export function paperCode() {
    const input = make("input", { id: "recovery-code", name: "code", class: "code", required: "", maxlength: "40", autocomplete: "off",
        autocapitalize: "none", spellcheck: "false" });
    return { row: make("div", { class: "field" }, label("step.recovery.code", "recovery-code"), input), input };
}

/** @param {string} key @param {string} autocomplete @returns {{row: HTMLElement, input: HTMLInputElement}} */
export function secret(key, autocomplete) {
    const id = key.replaceAll(".", "-");
    const input = make("input", { id, name: id, type: "password", required: "", maxlength: "256", autocomplete });
    return { row: make("div", { class: "field" }, label(key, id), input), input };
}

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {string} key @param {Record<string, string>} [attributes] */
export function said(tag, key, attributes = {}) {
    const element = make(tag, attributes);
    say(element, key);
    return element;
}

/** @param {string} key @param {string} id */
function label(key, id) {
    return said("label", key, { for: id });
}
