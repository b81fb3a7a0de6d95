/**
 * Mediators in a call: who can be invited, who was invited, who is in the call and can be sent out. Owns: the panel. Must
 * never decide who may come; the server does.
 */

/** @import {ClientMessage, Consultation, Mediation} from "../../signaling/messages.js" */

import { SPOKEN } from "../../cases/caselists.js";
import { icon, make } from "../../base/dom.js";
import { button, choice, field, said, style } from "../../base/fields.js";
import { notice } from "../../base/frame.js";
import { call, codeOf } from "../../base/http.js";
import { alsoSay, errorText, t } from "../../base/i18n.js";
import { sidePanel } from "../../base/sidepanel.js";
import { joined } from "../../base/isolate.js";

/** @typedef {{id: string, name: string, gender: string, languages: string[], free: boolean}} MediatorLine */

const SHEETS = ["../../cases/cases.css", "./together.css"].map((name) => new URL(name, import.meta.url).pathname);

/** @type {Map<string, Mediation>} the state of each invitation of this consultation */
const asked = new Map();
/** @type {(() => void) | null} */
let redraw = null;

/** @param {Mediation} message */
export async function mediationChanged(message) {
    await alsoSay("together");
    asked.set(message.mediator_id, message);
    notice(`${message.name} : ${t(`mediation.${message.state}`)}`);
    redraw?.();
}

/**
 * @param {() => Consultation | null} current the consultation as it is now
 * @param {(message: ClientMessage) => void} send
 */
export async function openMediators(current, send) {
    for (const sheet of SHEETS) style(sheet);
    await Promise.all([alsoSay("cases"), alsoSay("people"), alsoSay("together")]);
    document.querySelector("[data-case-panel]")?.remove();
    const language = choice("mediator_language", SPOKEN, "spoken", "case.any");
    const gender = choice("mediator_gender", ["woman", "man"], "gender", "case.any");
    const lines = make("ul", { class: "people-lines" });
    const there = make("ul", { class: "people-lines" });
    const panel = sidePanel("data-case-panel", "mediators.title", () => panel.remove(), there,
        make("div", { class: "side-by-side" }, field("mediators.language", language), field("mediators.gender", gender)), lines);
    /** @type {MediatorLine[]} */
    let known = [];
    const draw = () => {
        const consultation = current();
        if (!consultation || !panel.isConnected) return;
        const id = consultation.consultation_id;
        there.replaceChildren(...consultation.participants.filter(({ role }) => role === "mediator").map((one) => make("li", { class: "card" },
            icon("people"), make("span", { class: "what" }, make("strong", {}, one.name), said("small", "mediation.joined")),
            button("mediators.done", "button quiet", () => send({ type: "remove_participant", consultation_id: id, participant_id: one.participant_id, why: "done" })),
            button("mediators.patient_wish", "button danger", () => send({ type: "remove_participant", consultation_id: id, participant_id: one.participant_id, why: "patient_wish" })))));
        const wanted = known.filter((one) => (!language.value || one.languages.includes(language.value)) && (!gender.value || one.gender === gender.value));
        lines.replaceChildren(...wanted.map((one) => line(one, () => send({ type: "invite_mediator", consultation_id: id, mediator_id: one.id }))));
        if (!wanted.length) lines.append(said("li", "mediators.none", "card"));
    };
    redraw = draw;
    language.addEventListener("change", draw);
    gender.addEventListener("change", draw);
    document.body.append(panel);
    language.focus();
    try {
        known = await call("GET", "/api/mediators");
    } catch (problem) {
        notice(errorText(codeOf(problem)));
    }
    draw();
}

/** @param {MediatorLine} one @param {() => void} invite */
function line(one, invite) {
    const spoken = one.languages.map((code) => t(`spoken.${code}`)).join(", ");
    const state = asked.get(one.id)?.state;
    const words = joined(one.gender && t(`gender.${one.gender}`), spoken, t(one.free ? "mediators.free" : "mediators.busy"));
    const press = button("mediators.invite", "button", invite);
    press.setAttribute("aria-description", one.name);
    press.disabled = !one.free || state === "invited" || state === "joined";
    return make("li", { class: "card", "data-mediator": one.id }, icon("people"),
        make("span", { class: "what" }, make("strong", {}, one.name), make("small", {}, words), make("small", {}, state ? t(`mediation.${state}`) : "")), press);
}
