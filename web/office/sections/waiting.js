/**
 * Who waits, where and how long, and who should be on duty: coordinators use this list for telephone calls. Owns: this
 * section. Must never show more of a case than its colour, nor the place of a survivor-safe case.
 */

import { icon, make } from "../../shared/base/dom.js";
import { call } from "../../shared/base/http.js";
import { alsoSay, clock, t } from "../../shared/base/i18n.js";
import { joined } from "../../shared/base/isolate.js";
import { heading, said, tried } from "./parts.js";

// A red case alarms after five minutes; ten seconds more make no difference.
const EVERY_MS = 10_000;

/**
 * @typedef {object} WaitingLine
 * @property {string} site @property {string} station @property {string} urgency @property {number} waiting_s
 * @property {string} widened @property {number} offered_to @property {string} specialty @property {string[]} should_be_there
 */

/** @typedef {{cases: WaitingLine[], unnamed: {waited_min: number}[]}} WaitingRoom */

/** @param {WaitingRoom} room @returns {number | null} how long the longest alarm has lasted; null: no alarm */
export function longestMinutes({ cases, unnamed }) {
    const alarms = cases.filter(({ widened }) => widened === "alarm").map(({ waiting_s }) => Math.floor(waiting_s / 60));
    const all = alarms.concat(unnamed.map(({ waited_min }) => waited_min));
    return all.length ? Math.max(...all) : null;
}

/** @param {HTMLElement} box */
export async function open(box) {
    await alsoSay("cases");
    const list = make("ul", { class: "lines" });
    box.append(heading("office.waiting"), list);
    const fill = async () => {
        /** @type {WaitingRoom} */
        const { cases, unnamed } = await call("GET", "/api/waiting");
        list.replaceChildren(...unnamed.map(unnamedLine), ...cases.map(line));
        if (!list.childElementCount) list.append(said("li", "waiting_room.none", { class: "card soft" }));
    };
    await fill();
    const timer = setInterval(() => {
        if (list.isConnected) void tried(fill);
        else clearInterval(timer);
    }, EVERY_MS);
}

/** @param {{waited_min: number}} one */
function unnamedLine({ waited_min }) {
    return make("li", { class: "card line" }, icon("red", "icon urgency-red"), make("div", { class: "what" }, make("strong", {}, t("waiting_room.urgent", { count: waited_min }))));
}

/** @param {WaitingLine} one */
function line(one) {
    const what = make("div", { class: "what" }, make("strong", {}, joined(one.site, one.station)),
        make("span", {}, [t(`urgency.${one.urgency}`), one.specialty && t(`specialty.${one.specialty}`), t("queue.waiting", { time: clock(one.waiting_s) })].filter(Boolean).join(" · ")),
        make("span", { class: "soft" }, t("waiting_room.offered", { count: one.offered_to })));
    if (one.widened === "alarm") what.append(make("strong", { class: "error-text" }, t("waiting_room.alarm")));
    if (one.should_be_there.length) what.append(make("span", {}, t("waiting_room.roster", { names: one.should_be_there.join(", ") })));
    return make("li", { class: "card line" }, icon(one.urgency, `icon urgency-${one.urgency}`), what);
}
