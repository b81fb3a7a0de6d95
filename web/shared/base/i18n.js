/**
 * The languages of the pages. Owns: the catalogs (i18n/*.json), the chosen language and its storage, and the format of
 * numbers and times. Must never decide what is shown, only how it is said. French is the first language: the markup
 * contains it, so a page can be read before another catalog arrives.
 */

import { isolated } from "./isolate.js";

// Part of the page's one script: a file of its own would fight the others for a thin link.
import french from "./i18n/fr.json" with { type: "json" };

export const LANGUAGES = /** @type {const} */ (["fr", "bm", "en"]);
/** @typedef {typeof LANGUAGES[number]} Language */
/** How each language calls itself. @type {Record<Language, string>} */
export const OWN_NAMES = { fr: "Français", bm: "Bamanankan", en: "English" };

/**
 * The locale of figures and plurals. No browser has a Bambara locale. Mali writes figures in Bambara as in French; the
 * browser's own locale might turn 38,5 into 38.5. @type {Record<Language, string>}
 */
const FIGURES = { fr: "fr", bm: "fr", en: "en" };

const STORAGE_KEY = "keneya.language";
const RETRY_MS = 3_000;
// A page waits this long for its catalog and then starts in French; the catalog is used when it arrives.
const PATIENCE_MS = 4_000;

/** @type {Record<string, string>} */
let catalog = french;
/** @type {Language} */
let language = "fr";
/** The language that was asked for last; its catalog may still be on its way. @type {Language} */
let asked = "fr";
/** @type {Set<() => void>} */
const listeners = new Set();
/** More catalogs, which parts of a page have asked for. @type {Set<string>} */
const parts = new Set();

/** @returns {Language} */
export function currentLanguage() {
    return language;
}

/** @returns {string} the locale of figures, dates and plurals on the page */
export function figures() {
    return FIGURES[language];
}

/** @param {() => void} listener called after every change of language */
export function onLanguage(listener) {
    listeners.add(listener);
}

/** Shows the page in the remembered language; if its catalog does not arrive soon, shows it later. */
export async function startLanguage() {
    await Promise.race([keepTrying(remembered()), pause(PATIENCE_MS)]);
}

/** Shows the page in another language and remembers it. Throws if the catalog does not arrive. @param {Language} wanted */
export async function chooseLanguage(wanted) {
    await use(wanted);
    try {
        localStorage.setItem(STORAGE_KEY, wanted);
    } catch {
        // Some kiosk modes refuse storage: the choice then lasts until the page closes.
    }
}

/** @returns {Language} */
function remembered() {
    let stored = null;
    try {
        stored = localStorage.getItem(STORAGE_KEY);
    } catch {
        // storage is refused, as in chooseLanguage
    }
    return LANGUAGES.find((known) => known === stored) ?? "fr";
}

/** Tries until the catalog has arrived, or another language is chosen. @param {Language} wanted */
async function keepTrying(wanted) {
    do {
        try {
            return await use(wanted);
        } catch (error) {
            console.warn("i18n:", error instanceof Error ? error.message : "no catalog");
            await pause(RETRY_MS);
        }
    } while (asked === wanted);
}

/** @param {number} ms */
function pause(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Also loads `i18n/<part>.<language>.json`, which the first visit of a station should not have to load.
 * @param {string} part
 */
export async function alsoSay(part) {
    while (!parts.has(part)) {
        const loading = language;
        const words = await load(`${part}.${loading}`);
        if (loading !== language) continue; // the language has changed meanwhile
        parts.add(part);
        catalog = { ...catalog, ...words };
    }
}

/** @param {Language} wanted */
async function use(wanted) {
    asked = wanted;
    const words = { ...(wanted === "fr" ? french : await load(wanted)) };
    /** @type {Set<string>} */
    const loaded = new Set();
    for (;;) {
        const missing = [...parts].filter((part) => !loaded.has(part)); // parts may be added meanwhile
        if (!missing.length) break;
        Object.assign(words, ...(await Promise.all(missing.map((part) => load(`${part}.${wanted}`)))));
        for (const part of missing) loaded.add(part);
    }
    if (asked !== wanted) return;
    catalog = words;
    language = wanted;
    document.documentElement.lang = wanted;
    translate(document);
    for (const listener of listeners) listener();
}

/** @param {string} name @returns {Promise<Record<string, string>>} */
async function load(name) {
    const response = await fetch(new URL(`./i18n/${name}.json`, import.meta.url));
    if (!response.ok) throw new Error(`catalog ${name}: ${response.status}`);
    return response.json();
}

/**
 * The text of a key, with `{name}` replaced. If `values` has a `count`, the plural form of that number is used: `key.one`
 * or `key.other` (Intl.PluralRules).
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
    let text = catalog[key];
    if (text === undefined && typeof values.count === "number") {
        const form = new Intl.PluralRules(figures()).select(values.count);
        text = catalog[`${key}.${form}`] ?? catalog[`${key}.other`];
    }
    if (text === undefined) return key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => {
        const value = values[name];
        return typeof value === "number" ? number(value) : value === undefined ? whole : isolated(value);
    });
}

/** The sentence for an error code of the server. @param {string} code @returns {string} */
export function errorText(code) {
    return catalog[`error.${code}`] ?? t("error.error");
}

/**
 * Fills `data-i18n` (text), `data-i18n-label` (aria-label) and `data-i18n-placeholder` under `root`.
 * @param {ParentNode} root
 */
export function translate(root) {
    for (const element of root.querySelectorAll("[data-i18n]")) {
        element.textContent = t(element.getAttribute("data-i18n") ?? "");
    }
    for (const element of root.querySelectorAll("[data-i18n-label]")) {
        element.setAttribute("aria-label", t(element.getAttribute("data-i18n-label") ?? ""));
    }
    for (const element of root.querySelectorAll("[data-i18n-placeholder]")) {
        element.setAttribute("placeholder", t(element.getAttribute("data-i18n-placeholder") ?? ""));
    }
}

/**
 * Sets the key of one element, whose text then follows every change of language.
 * @param {Element} element @param {string} key
 */
export function say(element, key) {
    if (element.getAttribute("data-i18n") === key) return;
    element.setAttribute("data-i18n", key);
    element.textContent = t(key);
}

/**
 * The same for the name that only a screen reader says.
 * @param {Element} element @param {string} key
 */
export function sayLabel(element, key) {
    element.setAttribute("data-i18n-label", key);
    element.setAttribute("aria-label", t(key));
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] @returns {string} */
export function number(value, options) {
    return new Intl.NumberFormat(figures(), options).format(value);
}

/** @param {number} seconds @returns {string} 4:05, or 1:02:09 from an hour on */
export function clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = new Intl.NumberFormat(figures(), { minimumIntegerDigits: 2 });
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    const start = hours ? `${number(hours)}:${two.format(minutes)}` : number(minutes);
    return `${start}:${two.format(whole % 60)}`;
}
