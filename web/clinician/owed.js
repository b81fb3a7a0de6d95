/**
 * The list of cases that wait for this clinician's answer. Owns: its lines. Must never decide what waits: the server does.
 */

/** @import {View} from "./view.js" */

import { find, icon, make, setText } from "../shared/base/dom.js";
import { button, when } from "../shared/base/fields.js";
import { currentLanguage, t } from "../shared/base/i18n.js";
import { joined } from "../shared/base/isolate.js";

let drawn = "";

/** @param {View["owed"]} owed */
export function drawOwed(owed) {
    const now = JSON.stringify([currentLanguage(), owed]);
    if (now === drawn) return; // a list that stays is not taken from under a finger
    drawn = now;
    setText(find("[data-owed-count]", HTMLElement), t("owed.count", { count: owed.length }));
    find("[data-owed-list]", HTMLElement).replaceChildren(...owed.map(({ id, site, opened_at, urgency }) => {
        const where = joined(site, when(opened_at, currentLanguage()));
        const answer = button("owed.answer", "button quiet small", () => undefined);
        answer.dataset.action = "case";
        answer.setAttribute("aria-description", where);
        return make("li", { "data-owed-case": id }, icon(urgency, `icon urgency-${urgency}`), make("span", {}, where), answer);
    }));
}
