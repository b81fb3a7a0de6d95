/**
 * The note about a network that blocks voice and picture: what it is, what to do, what still works. The page loads it when
 * that happens; base.css shows it while the page's `data-path` says so. Must never measure anything.
 */

import { icon, make } from "../../base/dom.js";
import { alsoSay, translate } from "../../base/i18n.js";

/** The places of the note, and the extra text at each. @type {[string, string][]} */
const PLACES = [[".home > h1", "blocked.station"], [".waiting > h1", "blocked.waiting"], [".desk > .desk-head", ""]];

/** Puts the note into every view of this page that has room for it. */
export async function showPathNotes() {
    await alsoSay("faults");
    for (const [place, more] of PLACES) {
        const before = document.querySelector(place);
        if (!before || before.parentElement?.querySelector(".path-note")) continue;
        const title = make("h2", {}, icon("away"), make("span", { "data-i18n": "blocked.title" }));
        const note = make("div", { class: "card path-note", role: "alert" }, title, make("p", { "data-i18n": "blocked.text" }));
        if (more) note.append(make("p", { "data-i18n": more }));
        translate(note);
        before.after(note);
    }
}
