/**
 * Fields of a form, each with its label. Owns: the markup of a labelled field. Must never know what is asked.
 */

import { make } from "./dom.js";
import { say, t } from "./i18n.js";

let made = 0;

/**
 * @param {string} key of the catalogs @param {HTMLElement} control @param {string} [hint] key of a line below the label
 * @returns {HTMLDivElement}
 */
export function field(key, control, hint) {
    control.id = `field-${(made += 1)}`;
    const label = make("label", { for: control.id });
    say(label, key);
    const row = make("div", { class: "field" }, label);
    if (hint) {
        const line = make("p", { class: "soft", id: `${control.id}-hint` });
        say(line, hint);
        control.setAttribute("aria-describedby", line.id);
        row.append(line);
    }
    row.append(control);
    return row;
}

/**
 * @param {string} name @param {string[]} values @param {string} prefix of the catalog's keys
 * @param {string} none key of the first, empty choice
 */
export function choice(name, values, prefix, none) {
    const empty = make("option", { value: "" });
    say(empty, none);
    return make("select", { name }, empty, ...values.map((value) => {
        const option = make("option", { value });
        say(option, `${prefix}.${value}`);
        return option;
    }));
}

/** @param {string} name @param {string} value @param {string} key */
export function tick(name, value, key) {
    const words = make("span");
    say(words, key);
    return make("label", { class: "tick" }, make("input", { type: "checkbox", name, value }), words);
}

/** A group of fields under its name. @param {string} key @param {...Node} children */
export function group(key, ...children) {
    const legend = make("legend");
    say(legend, key);
    return make("fieldset", { class: "card group" }, legend, ...children);
}

/** @param {keyof HTMLElementTagNameMap} tag @param {string} key @param {string} [className] */
export function said(tag, key, className = "") {
    const element = make(tag, className ? { class: className } : {});
    say(element, key);
    return element;
}

/** @param {number} seconds UTC @param {string} language @returns {string} day and hour */
export function when(seconds, language) {
    // Browsers have no Bambara locale; in Mali dates are written as in French.
    const locale = language === "en" ? "en-GB" : "fr";
    return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "Africa/Bamako" }).format(seconds * 1000);
}

/**
 * The first field that keeps the form from being sent, and why.
 * @param {HTMLFormElement} form @returns {{control: HTMLElement, text: string} | null}
 */
export function wrongField(form) {
    for (const control of form.elements) {
        if (!(control instanceof HTMLInputElement || control instanceof HTMLSelectElement || control instanceof HTMLTextAreaElement)) continue;
        const { valid, badInput } = control.validity;
        const isMissing = control.required && !badInput && !control.value.trim();
        control.setAttribute("aria-invalid", String(isMissing || !valid));
        if (!isMissing && valid) continue;
        const name = control.labels?.[0]?.textContent ?? "";
        return { control, text: t(isMissing ? "form.missing" : "form.wrong", { name }) };
    }
    return null;
}

/** Loads the style sheet of a part that is loaded late. @param {string} href */
export function style(href) {
    if (!document.querySelector(`link[href="${href}"]`)) document.head.append(make("link", { rel: "stylesheet", href }));
}

/** @param {string} key @param {string} className @param {() => void} press */
export function button(key, className, press) {
    const pressed = make("button", { type: "button", class: className });
    say(pressed, key);
    pressed.addEventListener("click", press);
    return pressed;
}
