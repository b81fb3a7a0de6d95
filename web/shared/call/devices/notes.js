/**
 * The note about a microphone or a camera that gives nothing, and what to do. The page loads it when that happens. Owns:
 * the choice of sentences. Must never open or close a device.
 */

/** @import {DeviceState} from "./devicetable.js" */

import { icon, make } from "../../base/dom.js";
import { alsoSay, translate } from "../../base/i18n.js";
import { isMissing } from "./devicetable.js";

/** @param {DeviceState} audio @param {DeviceState} video @returns {Promise<Element[]>} what to put into the note */
export async function notes(audio, video) {
    await alsoSay("faults");
    const again = make("button", { type: "button", class: "button quiet", "data-action": "devices", "data-i18n": "action.again" });
    const box = make("div", {}, ...notesFor(audio, video).flatMap(noteParts), again);
    translate(box);
    return [...box.children];
}

/** @param {string[]} note @returns {Element[]} */
function noteParts([title = "", ...sentences]) {
    const head = make("strong", {}, icon(title.includes(".camera") ? "camera-off" : "mic-off"), make("span", { "data-i18n": title }));
    const text = make("p", {}, ...sentences.flatMap((key) => [make("span", { "data-i18n": key }), " "]));
    return [head, ...(title.startsWith("note.denied") ? [icon("hint", "hint-picture")] : []), text];
}

/**
 * The notes about devices that give nothing; one note for both if they have the same cause.
 * @param {DeviceState} audio @param {DeviceState} video @returns {string[][]}
 */
export function notesFor(audio, video) {
    if (audio === video && (audio === "none" || audio === "denied" || audio === "busy")) return [note(`${audio}.both`)];
    const notes = [];
    if (isMissing(audio)) notes.push(note(`${audio}.mic`));
    if (isMissing(video)) notes.push(note(`${video}.camera`, audio === "on" ? ["note.heard"] : []));
    return notes;
}

/** @param {string} name @param {string[]} [more] @returns {string[]} */
function note(name, more = []) {
    return [`note.${name}.title`, `note.${name}.text`, ...more];
}
