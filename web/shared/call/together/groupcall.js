/**
 * A group session as a call: its participants as the view of a call shows them and, for the host, those who wait. Owns: the
 * host's panel. Must never show who is behind a name.
 */

/** @import {ClientMessage, Consultation, Group, GroupSeat, Participant} from "../../signaling/messages.js" */

import { icon, make } from "../../base/dom.js";
import { button, said, style } from "../../base/fields.js";
import { alsoSay, t } from "../../base/i18n.js";
import { sidePanel } from "../../base/sidepanel.js";

const SHEETS = ["../../cases/cases.css", "./together.css"].map((name) => new URL(name, import.meta.url).pathname);
const NO_LINK = { level: 0, rtt_ms: null, loss_ratio: null, down_kbps: null, up_kbps: null };

/** Loads what both pages need to show a group. */
export async function ready() {
    for (const sheet of SHEETS) style(sheet);
    await Promise.all([alsoSay("cases"), alsoSay("together")]);
}

/**
 * @param {Group} group @param {string} id the id for the controls of the call: the own seat, or for the host the group
 * @returns {Consultation}
 */
export function asCall(group, id) {
    const host = person({ participant_id: group.host_id, role: "clinician", name: group.host_name, presence: group.host_presence });
    const seats = group.seats.filter(({ admitted }) => admitted).map((seat) => person({
        participant_id: seat.seat_id, role: "station", name: seat.pseudonym, presence: seat.presence,
        audio_muted: Boolean(seat.audio_muted), video_muted: Boolean(seat.video_muted),
        audio_fault: seat.audio_fault, video_fault: seat.video_fault, link: seat.link ?? NO_LINK,
    }));
    return { type: "consultation", consultation_id: id, state: "in_call", urgency: "green", reason: "", participants: [host, ...seats] };
}

/** @param {Partial<Participant> & Pick<Participant, "participant_id" | "role" | "name" | "presence">} known @returns {Participant} */
function person(known) {
    return { audio_muted: false, video_muted: false, link: NO_LINK, site: "", rung_down: null, rung_up: null, rung_reason: null, ...known };
}

/** The host's panel: the code for participants, those who wait, those who are in. */
export class HostPanel {
    #list = make("ul", { class: "people-lines" });
    #code = make("p", { class: "group-code", translate: "no" });

    /** @param {(message: ClientMessage) => void} send */
    constructor(send) {
        this.send = send;
        this.element = sidePanel("data-group-panel", "group.title", () => (this.element.hidden = true),
            said("p", "group.code.text"), this.#code, this.#list);
        document.body.append(this.element);
    }

    /** @param {Group} group */
    show(group) {
        this.#code.textContent = group.code ?? "";
        const order = [...group.seats].sort((one, other) => Number(one.admitted) - Number(other.admitted));
        this.#list.replaceChildren(...order.map((seat) => this.#line(seat)));
        if (!order.length) this.#list.append(said("li", "group.nobody", "card soft"));
    }

    /** @param {GroupSeat} seat */
    #line(seat) {
        const { seat_id, admitted, silenced } = seat;
        const acts = admitted
            ? [button(silenced ? "group.unmute" : "group.mute", "button quiet", () => this.send({ type: "mute_seat", seat_id, muted: !silenced })),
                button("group.remove", "button danger", () => this.send({ type: "remove_seat", seat_id }))]
            : [button("group.admit", "button", () => this.send({ type: "admit_seat", seat_id })),
                button("group.refuse", "button quiet", () => this.send({ type: "remove_seat", seat_id }))];
        for (const act of acts) act.setAttribute("aria-description", seat.pseudonym);
        const state = !admitted ? t("group.waits") : silenced ? t("group.silenced") : seat.presence === "connected" ? t("group.in") : t(`tile.${seat.presence}`);
        return make("li", { class: "card", "data-seat": seat_id }, icon(admitted ? "person" : "clock"),
            make("span", { class: "what" }, make("strong", {}, seat.pseudonym), make("small", {}, state)), ...acts);
    }

    close() {
        this.element.remove();
    }
}
