/**
 * Who waits, where and for how long, and who should be there: what a coordinator telephones by. Owns: this section.
 * Must never show anything of a case but its colour.
 */

import { icon, make, setText } from "../shared/dom.js";
import { call } from "../shared/http.js";
import { alsoSay, clock, t } from "../shared/i18n.js";
import { heading, said, tried } from "./parts.js";

// A red case alarms after five minutes; ten seconds more make no difference.
const EVERY_MS = 10_000;

/**
 * @typedef {object} WaitingLine
 * @property {string} site @property {string} station @property {string} urgency @property {number} waiting_s
 * @property {string} widened @property {number} offered_to @property {string} specialty @property {string[]} should_be_there
 */

/** @param {HTMLElement} box */
export async function open(box) {
    await alsoSay("cases");
    const list = make("ul", { class: "lines" });
    const told = make("p", { class: "hidden-text", role: "status" });
    box.append(heading("office.waiting"), told, list);
    const fill = async () => {
        /** @type {WaitingLine[]} */
        const waiting = await call("GET", "/api/waiting");
        list.replaceChildren(...waiting.map(line));
        if (!waiting.length) list.append(said("li", "waiting_room.none", { class: "card soft" }));
        const alarms = waiting.filter(({ widened }) => widened === "alarm").length;
        setText(told, alarms ? t("waiting_room.alarm") : "");
    };
    await fill();
    const timer = setInterval(() => {
        if (list.isConnected) void tried(fill);
        else clearInterval(timer);
    }, EVERY_MS);
}

/** @param {WaitingLine} one */
function line(one) {
    const what = make("div", { class: "what" }, make("strong", {}, `${one.site} · ${one.station}`),
        make("span", {}, [t(`urgency.${one.urgency}`), one.specialty && t(`specialty.${one.specialty}`), t("queue.waiting", { time: clock(one.waiting_s) })].filter(Boolean).join(" · ")),
        make("span", { class: "soft" }, t("waiting_room.offered", { count: one.offered_to })));
    if (one.widened === "alarm") what.append(make("strong", { class: "error-text" }, t("waiting_room.alarm")));
    if (one.should_be_there.length) what.append(make("span", {}, t("waiting_room.roster", { names: one.should_be_there.join(", ") })));
    return make("li", { class: "card line" }, icon(one.urgency, `icon urgency-${one.urgency}`), what);
}
