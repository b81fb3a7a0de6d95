/**
 * A panel beside the page. Owns: its name, and the button that closes it. Must never know what lies in it.
 */

import { make } from "./dom.js";
import { button, said } from "./fields.js";
import { sayLabel } from "./i18n.js";

/**
 * Escape presses the button of the panel too.
 * @param {string} mark an attribute to find it by @param {string} key of its name @param {() => void} close @param {...Node} content
 */
export function sidePanel(mark, key, close, ...content) {
    const press = button("note.close", "button quiet", close);
    press.dataset.close = "";
    const panel = make("aside", { class: "card case-panel", [mark]: "" }, make("div", { class: "case-head" }, said("h1", key), press), ...content);
    sayLabel(panel, key);
    return panel;
}
