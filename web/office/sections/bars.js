/** A small chart of horizontal bars; a table beside it has the same numbers. Owns nothing. */

import { t } from "../../shared/base/i18n.js";
import { amount } from "./tables.js";

const SVG = "http://www.w3.org/2000/svg";
const ROW = 34;
const WORDS = 220;
const LONGEST = 420;
const WIDTH = WORDS + LONGEST + 80;

/**
 * @param {string} key of what the chart shows @param {[name: string, value: number][]} values
 * @returns {SVGElement} for a screen reader, one picture with a description
 */
export function bars(key, values) {
    const most = Math.max(1, ...values.map(([, value]) => value));
    const chart = draw("svg", { viewBox: `0 0 ${WIDTH} ${values.length * ROW}`, role: "img", class: "bars", "aria-labelledby": "bars-title bars-text" });
    const title = draw("title", { id: "bars-title" }, t(key));
    const text = draw("desc", { id: "bars-text" }, values.map(([name, value]) => `${name}: ${amount(value)}`).join(", "));
    chart.append(title, text);
    values.forEach(([name, value], index) => {
        const middle = index * ROW + ROW / 2;
        const length = (value / most) * LONGEST;
        chart.append(
            draw("text", { x: String(WORDS - 12), y: String(middle), "text-anchor": "end", "dominant-baseline": "central" }, name),
            draw("rect", { x: String(WORDS), y: String(middle - 11), width: String(Math.max(1, length)), height: "22", rx: "4" }),
            draw("text", { x: String(WORDS + length + 10), y: String(middle), "dominant-baseline": "central" }, amount(value)));
    });
    return chart;
}

/** @param {string} tag @param {Record<string, string>} attributes @param {string} [text] @returns {SVGElement} */
function draw(tag, attributes, text = "") {
    const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
}
