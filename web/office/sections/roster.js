/**
 * Who is on duty when: weekly slots and exceptions, in the time of Bamako. Owns: this section.
 */

import { SPECIALTIES } from "../../shared/cases/caselists.js";
import { create } from "../../shared/requests/create.js";
import { icon, make } from "../../shared/base/dom.js";
import { call } from "../../shared/base/http.js";
import { t } from "../../shared/base/i18n.js";
import { button, choice, field, form, heading, said, tried, when } from "./parts.js";

const MINUTES_A_DAY = 24 * 60;

/** @typedef {{id: string, clinician_id: string, specialty: string, weekday: number, start_minute: number, minutes: number}} Slot */
/** @typedef {{id: string, clinician_id: string, on_duty: boolean, starts_at: number, ends_at: number}} Exception */
/** @typedef {{slots: Slot[], exceptions: Exception[], names: Record<string, string>, expected: string[]}} Roster */

/** @param {HTMLElement} box */
export async function open(box) {
    /** @type {Roster} */
    const roster = await call("GET", "/api/roster");
    const again = async () => {
        box.replaceChildren();
        await open(box);
    };
    const people = Object.entries(roster.names);
    const now = roster.expected.map((id) => roster.names[id] ?? "").join(", ");
    const list = make("ul", { class: "lines" },
        ...roster.slots.map((slot) => line(slot.id, roster.names[slot.clinician_id] ?? "", slotText(slot), again)),
        ...roster.exceptions.map((one) => line(one.id, roster.names[one.clinician_id] ?? "", exceptionText(one), again)));
    if (!list.childElementCount) list.append(said("li", "roster.none", { class: "card soft" }));
    const slot = form("new-slot", [
        said("h2", "roster.slot"), choice("roster.who", "clinician_id", people.map(([id, name]) => [id, name])),
        choice("roster.specialty", "specialty", SPECIALTIES.map((code) => [code, t(`specialty.${code}`)])),
        choice("roster.day", "weekday", Array.from({ length: 7 }, (_, day) => [String(day), dayName(day)])),
        field("roster.from", "start", { type: "time", value: "08:00", required: "" }), field("roster.to", "end", { type: "time", value: "16:00", required: "" }),
    ], "roster.add", async (data) => {
        const start = minutes(data.get("start"));
        const length = (minutes(data.get("end")) - start + MINUTES_A_DAY) % MINUTES_A_DAY || MINUTES_A_DAY;
        await create("/api/roster/slots", { clinician_id: data.get("clinician_id"), specialty: data.get("specialty"), weekday: Number(data.get("weekday")), start_minute: start, minutes: length });
        await again();
    });
    const away = form("new-exception", [
        said("h2", "roster.exception"), choice("roster.who", "clinician", people.map(([id, name]) => [id, name])),
        choice("roster.what", "on_duty", [["", t("roster.away")], ["yes", t("roster.there")]]),
        field("roster.from", "starts", { type: "datetime-local", required: "" }), field("roster.to", "ends", { type: "datetime-local", required: "" }),
    ], "roster.add", async (data) => {
        await create("/api/roster/exceptions", { clinician_id: data.get("clinician"), on_duty: Boolean(data.get("on_duty")), starts_at: bamako(data.get("starts")), ends_at: bamako(data.get("ends")) });
        await again();
    });
    box.append(heading("office.roster"), make("p", {}, t("roster.now", { names: now || "–" })), list, slot, away);
}

/** @param {string} id @param {string} name @param {string} text @param {() => Promise<void>} again */
function line(id, name, text, again) {
    const gone = button("roster.remove", "cross", () => void tried(async () => {
        await call("DELETE", `/api/roster/${id}`);
        await again();
    }));
    return make("li", { class: "card line" }, icon("clock"), make("div", { class: "what" }, make("strong", {}, name), make("span", {}, text)), make("div", { class: "acts" }, gone));
}

/** @param {Slot} slot */
function slotText({ specialty, weekday, start_minute, minutes: length }) {
    return `${t(`specialty.${specialty}`)} · ${dayName(weekday)} ${hour(start_minute)}–${hour((start_minute + length) % MINUTES_A_DAY)}`;
}

/** @param {Exception} one */
function exceptionText({ on_duty, starts_at, ends_at }) {
    return `${t(on_duty ? "roster.there" : "roster.away")} · ${when(starts_at)} – ${when(ends_at)}`;
}

/** @param {number} day 0: Monday */
function dayName(day) {
    return t(`day.${day}`);
}

/** @param {number} minute of the day */
function hour(minute) {
    const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
    return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** @param {FormDataEntryValue | null} time as HH:MM */
function minutes(time) {
    const [hours = 0, rest = 0] = String(time).split(":").map(Number);
    return hours * 60 + rest;
}

/** The clock of Bamako is UTC. @param {FormDataEntryValue | null} local @returns {number} UTC seconds */
function bamako(local) {
    return Date.parse(`${String(local)}Z`) / 1000;
}
