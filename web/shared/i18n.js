/**
 * Languages of the pages. Owns: the catalogs (i18n/*.json), the choice of language and its memory, and
 * numbers and times in words. Must never decide what is shown, only how it is said. French is the first
 * language: the markup carries it, so a page can be read before its catalog came.
 */

// Part of the page's one script: a file of its own would fight the others for a thin link.
import french from "./i18n/fr.json" with { type: "json" };

export const LANGUAGES = /** @type {const} */ (["fr", "en"]);
/** @typedef {typeof LANGUAGES[number]} Language */

const STORAGE_KEY = "keneya.language";
const RETRY_MS = 3_000;

/** null: none has come yet. @type {Record<string, string> | null} */
let catalog = null;
/** @type {Language} */
let language = "fr";
/** @type {Set<() => void>} */
const listeners = new Set();
/** Further catalogs that a part of a page asked for. @type {Set<string>} */
const parts = new Set();

/** @returns {Language} */
export function currentLanguage() {
    return language;
}

/** @param {() => void} listener called after every change of language */
export function onLanguage(listener) {
    listeners.add(listener);
}

/** Loads the remembered language and says the whole page in it; tries until it is there. */
export async function startLanguage() {
    for (;;) {
        try {
            return await use(remembered());
        } catch (error) {
            console.warn("i18n:", error instanceof Error ? error.message : "no catalog");
            await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
    }
}

/** Goes to the next language of the list and remembers it. */
export async function nextLanguage() {
    const next = LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length] ?? "fr";
    try {
        localStorage.setItem(STORAGE_KEY, next);
    } catch {
        // Storage is refused in some kiosk modes: the choice then lasts until the page closes.
    }
    await use(next);
}

/** @returns {Language} */
function remembered() {
    let stored = null;
    try {
        stored = localStorage.getItem(STORAGE_KEY);
    } catch {
        // as above
    }
    return LANGUAGES.find((known) => known === stored) ?? "fr";
}

/**
 * Also has the words of `i18n/<part>.<language>.json`, which no first visit of a station should carry.
 * @param {string} part
 */
export async function alsoSay(part) {
    if (parts.has(part)) return;
    const words = await load(`${part}.${language}`);
    parts.add(part);
    catalog = { ...catalog, ...words };
}

/** @param {Language} wanted */
async function use(wanted) {
    const main = wanted === "fr" ? french : await load(wanted);
    const rest = await Promise.all([...parts].map((part) => load(`${part}.${wanted}`)));
    catalog = Object.assign({}, main, ...rest);
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
 * The text of a key, with `{name}` replaced. With `count` among the values the form of that number is
 * taken: `key.one`, `key.other` (Intl.PluralRules).
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
    if (!catalog) return ""; // said again by `translate` and by whoever listens, as soon as there are words
    let text = catalog[key];
    if (text === undefined && typeof values.count === "number") {
        const form = new Intl.PluralRules(language).select(values.count);
        text = catalog[`${key}.${form}`] ?? catalog[`${key}.other`];
    }
    if (text === undefined) return key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => {
        const value = values[name];
        return typeof value === "number" ? number(value) : (value ?? whole);
    });
}

/** The sentence for an error code of the server. @param {string} code @returns {string} */
export function errorText(code) {
    return catalog?.[`error.${code}`] ?? t("error.error");
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
 * Puts a key on one element and says it now and after every change of language.
 * @param {Element} element @param {string} key
 */
export function say(element, key) {
    if (element.getAttribute("data-i18n") === key) return;
    element.setAttribute("data-i18n", key);
    element.textContent = t(key);
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] @returns {string} */
export function number(value, options) {
    return new Intl.NumberFormat(language, options).format(value);
}

/** @param {number} seconds @returns {string} 4:05, or 1:02:09 from an hour on */
export function clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = new Intl.NumberFormat(language, { minimumIntegerDigits: 2 });
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    const start = hours ? `${number(hours)}:${two.format(minutes)}` : number(minutes);
    return `${start}:${two.format(whole % 60)}`;
}
