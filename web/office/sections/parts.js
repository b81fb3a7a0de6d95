/** Small parts that the sections of the office share. Owns nothing. */

import { icon, make, setText } from "../../shared/base/dom.js";
import { wrongField } from "../../shared/base/fields.js";
import { notice } from "../../shared/base/frame.js";
import { codeOf } from "../../shared/base/http.js";
import { errorText, figures, say, t } from "../../shared/base/i18n.js";

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {string} key @param {Record<string, string>} [attributes] */
export function said(tag, key, attributes = {}) {
    const element = make(tag, attributes);
    say(element, key);
    return element;
}

/** A heading that takes the focus when the section opens. @param {string} key */
export function heading(key) {
    return said("h1", key, { tabindex: "-1", "data-heading": "" });
}

/**
 * @param {string} key @param {string} name @param {Record<string, string>} [attributes]
 * @returns {HTMLElement} a labelled input, with its name as id
 */
export function field(key, name, attributes = {}) {
    return make("div", { class: "field" }, said("label", key, { for: name }),
        make("input", { id: name, name, maxlength: "200", autocomplete: "off", ...attributes }));
}

/**
 * @param {string} key @param {string} name @param {[value: string, text: string][]} options
 * @returns {HTMLElement} a labelled choice of one
 */
export function choice(key, name, options) {
    const select = make("select", { id: name, name }, ...options.map(([value, text]) => make("option", { value }, text)));
    return make("div", { class: "field" }, said("label", key, { for: name }), select);
}

/**
 * @param {string} key @param {string} name @param {[value: string, text: string][]} options
 * @returns {HTMLElement} a group of boxes to tick
 */
export function ticks(key, name, options) {
    const boxes = options.map(([value, text]) =>
        make("label", { class: "tick" }, make("input", { type: "checkbox", name, value }), text));
    return make("fieldset", { class: "ticks", "data-ticks": name }, said("legend", key), ...boxes);
}

/** @param {string} key @param {string} name @param {() => void} act @param {string} [look] @returns {HTMLButtonElement} */
export function button(key, name, act, look = "button quiet small") {
    const element = make("button", { type: "button", class: look }, icon(name), said("span", key));
    element.addEventListener("click", act);
    return element;
}

/**
 * A form that shows errors at their field, and is not sent twice.
 * @param {string} name @param {Node[]} parts @param {string} submitKey @param {(data: FormData, form: HTMLFormElement) => Promise<void>} send
 * @returns {HTMLFormElement}
 */
export function form(name, parts, submitKey, send) {
    const error = make("p", { class: "error-text", role: "alert" });
    const submit = make("button", { type: "submit", class: "button" }, said("span", submitKey));
    const element = make("form", { class: "card", "data-form": name, novalidate: "" }, ...parts, error, submit);
    element.addEventListener("submit", async (event) => {
        event.preventDefault();
        const wrong = wrongField(element);
        setText(error, wrong?.text ?? "");
        if (wrong) return wrong.control.focus();
        submit.disabled = true;
        try {
            await send(new FormData(element), element);
        } catch (problem) {
            setText(error, errorText(codeOf(problem)));
        } finally {
            submit.disabled = false;
        }
    });
    return element;
}

/** Does an act, and shows the error if it fails. @param {() => Promise<unknown>} act */
export async function tried(act) {
    try {
        await act();
    } catch (problem) {
        notice(errorText(codeOf(problem)));
    }
}

/**
 * A code or a password to pass on to somebody: shown large, once.
 * @param {string} key @param {string} text @returns {HTMLElement}
 */
export function told(key, text) {
    return make("div", { class: "card told", role: "status" }, said("p", key), make("p", { class: "secret", translate: "no" }, text));
}

/** @param {number | null} seconds UTC @returns {string} day and time, or a dash */
export function when(seconds) {
    if (seconds === null) return t("office.never");
    return new Intl.DateTimeFormat(figures(), { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
}
