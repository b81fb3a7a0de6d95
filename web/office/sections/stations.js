/**
 * The kiosks: their list, a code for a new one, a PIN for older cases, and taking one out of service. Owns: this section.
 */

import { create } from "../../shared/requests/create.js";
import { icon, make } from "../../shared/base/dom.js";
import { confirm } from "../../shared/base/frame.js";
import { call } from "../../shared/base/http.js";
import { t } from "../../shared/base/i18n.js";
import { joined } from "../../shared/base/isolate.js";
import { button, field, form, heading, said, told, tried, when } from "./parts.js";

/**
 * @typedef {object} StationLine
 * @property {string} station_id
 * @property {string} name
 * @property {string} site
 * @property {number | null} enrolled_at
 * @property {number | null} last_seen_at
 * @property {number | null} code_expires_at
 * @property {boolean} has_pin older cases want it
 */

/** @param {HTMLElement} box */
export async function open(box) {
    const list = make("ul", { class: "lines" });
    const code = make("div");
    const wanted = form("new-station", [
        said("h2", "stations.new"),
        said("p", "stations.new.text", { class: "soft" }),
        field("stations.site", "site", { required: "" }),
        field("stations.name", "name", { required: "" }),
    ], "stations.new.submit", async (data) => {
        await newCode(code, String(data.get("site") ?? ""), String(data.get("name") ?? ""));
        await fill(list, code);
    });
    box.append(heading("office.stations"), list, code, wanted);
    await fill(list, code);
}

/** @param {HTMLElement} code @param {string} site @param {string} name */
async function newCode(code, site, name) {
    const made = await create("/api/stations/codes", { site, name });
    code.replaceChildren(told("stations.code", made.code),
        make("p", { class: "soft" }, t("stations.code.until", { name, when: when(made.expires_at) })));
}

/** @param {HTMLElement} list @param {HTMLElement} code */
async function fill(list, code) {
    /** @type {StationLine[]} */
    const stations = await call("GET", "/api/stations");
    list.replaceChildren(...stations.map((one) => line(one, list, code)));
    if (!stations.length) list.append(said("li", "stations.none", { class: "card soft" }));
}

/** @param {StationLine} one @param {HTMLElement} list @param {HTMLElement} code @returns {HTMLElement} */
function line(one, list, code) {
    const state = one.enrolled_at ? "stations.enrolled" : one.code_expires_at ? "stations.waiting" : "stations.free";
    const seen = make("span", { class: "soft" }, t("stations.seen", { when: when(one.last_seen_at) }));
    const acts = make("div", { class: "acts" }, button("stations.again", "key", () => void tried(async () => {
        await newCode(code, one.site, one.name);
        await fill(list, code);
    })));
    acts.append(button(one.has_pin ? "stations.pin.again" : "stations.pin.give", "lock", () => void tried(async () => {
        const made = await call("POST", `/api/stations/${one.station_id}/pin`);
        code.replaceChildren(told("stations.pin.told", made.pin), make("p", { class: "soft" }, t("stations.pin.text", { name: one.name })));
        await fill(list, code);
        code.scrollIntoView({ block: "center" });
    })));
    if (one.has_pin) acts.append(button("stations.pin.remove", "cross", () => void tried(() => withoutPin(one, list, code))));
    if (one.enrolled_at) {
        acts.append(button("stations.revoke", "cross", () => void tried(() => revoke(one, list, code)), "button danger small"));
    }
    return make("li", { class: "card line" }, icon("station"),
        make("div", { class: "what" }, make("strong", {}, joined(one.site, one.name)), said("span", state), ...(one.has_pin ? [said("span", "stations.pin")] : []), seen), acts);
}

/** @param {StationLine} one @param {HTMLElement} list @param {HTMLElement} code */
async function withoutPin(one, list, code) {
    const words = { title: "pin.remove.title", text: "pin.remove.text", yes: "pin.remove.yes", no: "revoke.no", icon: "cross" };
    if (!(await confirm(words, one.name))) return;
    await call("DELETE", `/api/stations/${one.station_id}/pin`);
    await fill(list, code);
}

/** @param {StationLine} one @param {HTMLElement} list @param {HTMLElement} code */
async function revoke(one, list, code) {
    const words = { title: "revoke.title", text: "revoke.text", yes: "revoke.yes", no: "revoke.no", icon: "cross" };
    if (!(await confirm(words))) return;
    await call("DELETE", `/api/stations/${one.station_id}/enrolment`);
    await fill(list, code);
}
