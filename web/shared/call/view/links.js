/**
 * The quality of a link as bars and a word. Owns: its look. Must never measure.
 */

/** @import {LinkQuality} from "../../signaling/messages.js" */

import { make } from "../../base/dom.js";
import { say } from "../../base/i18n.js";

const LEVELS = 4;

/** @param {string} [className] @returns {HTMLElement} bars and a word; the quality is unknown at first */
export function makeLink(className = "") {
    const bars = make("span", { class: "bars", "data-level": "0", "aria-hidden": "true" });
    for (let index = 0; index < LEVELS; index += 1) bars.append(make("i"));
    const word = make("span", { class: "link-word" });
    say(word, "link.0");
    return make("span", { class: `link ${className}` }, bars, word);
}

/** @param {HTMLElement} link made by makeLink @param {LinkQuality | null | undefined} quality */
export function showLink(link, quality) {
    const level = Math.max(0, Math.min(LEVELS, quality?.level ?? 0));
    link.querySelector(".bars")?.setAttribute("data-level", String(level));
    const word = link.querySelector(".link-word");
    if (word) say(word, quality?.blocked ? "link.blocked" : `link.${level}`);
}
