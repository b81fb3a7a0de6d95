/** Tables that people can read by eye, keyboard and screen reader, and the format of their numbers. Owns nothing. */

import { make } from "../../shared/base/dom.js";
import { clock, figures, t } from "../../shared/base/i18n.js";
import { said } from "./parts.js";

/**
 * A table; the first cell of each line is its heading. A wide table scrolls in its own box, which the keyboard can reach.
 * @param {string} key of the table's caption @param {string[]} heads keys @param {(string | Node)[][]} lines
 * @param {{totalRow?: boolean, words?: boolean}} [look] `totalRow`: the last line is the sum of the others; `words`: no numbers
 */
export function table(key, heads, lines, { totalRow = false, words = false } = {}) {
    if (!lines.length) return said("p", "reports.nothing", { class: "soft" });
    const rows = lines.map((cells, index) => make("tr", totalRow && index === lines.length - 1 ? { class: "total" } : {},
        ...cells.map((cell, column) => (column ? make("td", {}, cell) : make("th", { scope: "row" }, cell)))));
    const whole = make("table", {}, said("caption", key, { class: "hidden-text" }),
        make("thead", {}, make("tr", {}, ...heads.map((head) => said("th", head, { scope: "col" })))), make("tbody", {}, ...rows));
    return make("div", { class: words ? "wide-table words" : "wide-table", role: "region", tabindex: "0", "aria-label": t(key) }, whole);
}

/** @param {number | null} value @returns {string} */
export function amount(value) {
    return value === null ? "–" : new Intl.NumberFormat(figures(), { maximumFractionDigits: 1 }).format(value);
}

/** @param {number | null} part 0 to 1 @returns {string} */
export function share(part) {
    return part === null ? "–" : new Intl.NumberFormat(figures(), { style: "percent", maximumFractionDigits: 1 }).format(part);
}

/** @param {number | null} seconds @returns {string} */
export function duration(seconds) {
    return seconds === null ? "–" : clock(seconds);
}
