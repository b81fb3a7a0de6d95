/**
 * The list of participants, always visible in a survivor-safe consultation, in a group, and in a call with a mediator.
 * Owns: one element over the call. Must never know a socket.
 */

/** @import {Consultation} from "../../signaling/messages.js" */

import { icon, make } from "../../base/dom.js";
import { said, style } from "../../base/fields.js";
import { alsoSay, onLanguage, t, translate } from "../../base/i18n.js";

const STYLE = new URL("./together.css", import.meta.url).pathname;
/** @type {Record<string, string>} */
const ICONS = { station: "station", clinician: "doctor", mediator: "people" };

export class PresenceList {
    #list = make("ul");
    /** @type {Consultation | null} */
    #shown = null;
    #selfId = "";

    constructor() {
        style(STYLE);
        this.element = make("section", { class: "presence", "data-presence": "", tabindex: "0", "aria-labelledby": "presence-title" });
        const title = said("h2", "presence.title");
        title.id = "presence-title";
        this.element.append(title, this.#list);
        this.element.hidden = true;
        document.body.append(this.element);
        onLanguage(() => this.#draw());
    }

    /** @param {Consultation | null} consultation null: no call @param {string} selfId */
    show(consultation, selfId) {
        this.#shown = consultation;
        this.#selfId = selfId;
        void alsoSay("together").then(() => {
            translate(this.element);
            this.#draw();
        });
    }

    #draw() {
        const people = this.#shown?.participants ?? [];
        this.element.hidden = people.length === 0;
        this.#list.replaceChildren(...people.map((one) => {
            const role = t(one.participant_id === this.#selfId ? "presence.you" : `presence.${one.role}`);
            const state = one.presence === "connected" ? "" : ` · ${t(`tile.${one.presence}`)}`;
            return make("li", {}, icon(ICONS[one.role] ?? "person"),
                make("span", {}, one.name, " ", make("small", {}, `(${role})${state}`)));
        }));
    }
}

/** Whether people must always see who participates. @param {Consultation} one */
export function mustBeSeen(one) {
    return Boolean(one.discreet) || one.participants.length > 2;
}
