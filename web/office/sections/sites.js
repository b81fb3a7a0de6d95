/**
 * The rules of each site for its new cases: whether they may have a name, whether all are survivor-safe. Owns: this
 * section. A change by which more is stored needs a confirmation; each change can be undone beside its line.
 */

import { icon, make } from "../../shared/base/dom.js";
import { confirm } from "../../shared/base/frame.js";
import { call } from "../../shared/base/http.js";
import { button, heading, said, tried } from "./parts.js";

/** @typedef {"names_allowed" | "survivor_safe"} Rule */
/** @typedef {{site_id: string, name: string, names_allowed: boolean, survivor_safe: boolean}} SiteLine */
/** @typedef {{site_id: string, rule: Rule, before: boolean}} Change */

/** `wider`: the position in which more is stored or visible. @type {Record<Rule, {icon: string, wider: boolean}>} */
const RULES = { names_allowed: { icon: "person", wider: true }, survivor_safe: { icon: "hand", wider: false } };

/** @param {HTMLElement} box */
export async function open(box) {
    const list = make("ul", { class: "lines" });
    box.append(heading("office.sites"), said("p", "sites.from_now", { class: "soft" }), list);
    await fill(list, null);
}

/** @param {HTMLElement} list @param {Change | null} last the last change */
async function fill(list, last) {
    /** @type {SiteLine[]} */
    const sites = await call("GET", "/api/sites");
    list.replaceChildren(...sites.map((site) => card(site, list, last)));
    if (!sites.length) list.append(said("li", "sites.none", { class: "card soft" }));
    if (!last) return;
    const again = list.querySelector(`[data-site="${last.site_id}"] [data-rule=${last.rule}] [role=switch]`);
    if (again instanceof HTMLElement) again.focus();
}

/** @param {SiteLine} site @param {HTMLElement} list @param {Change | null} last */
function card(site, list, last) {
    const one = make("li", { class: "card site", "data-site": site.site_id }, make("h2", {}, site.name));
    one.append(row(site, "names_allowed", list, last), row(site, "survivor_safe", list, last));
    return one;
}

/** @param {SiteLine} site @param {Rule} rule @param {HTMLElement} list @param {Change | null} last */
function row(site, rule, list, last) {
    const id = `${site.site_id}-${rule}`;
    const on = site[rule];
    const turn = make("button", { type: "button", class: "button quiet small switch", role: "switch", "aria-checked": String(on),
        "aria-labelledby": `${id}-name ${id}-site`, "aria-describedby": `${id}-text` },
    icon(on ? "check" : "cross"), said("span", on ? "sites.on" : "sites.off"));
    turn.addEventListener("click", () => void tried(() => set(site, rule, !on, list)));
    const acts = make("div", { class: "acts" }, turn);
    if (last?.site_id === site.site_id && last.rule === rule) {
        // These come after the switch, which keeps its place, so that a second press lands on the switch.
        acts.append(said("span", "sites.changed", { role: "status" }));
        acts.append(button("sites.undo", "cross", () => void tried(() => set(site, rule, last.before, list))));
    }
    return make("div", { class: "line rule", "data-rule": rule }, icon(RULES[rule].icon),
        make("div", { class: "what" }, said("strong", `sites.${rule}`, { id: `${id}-name` }),
            make("span", { class: "hidden-text", id: `${id}-site` }, site.name), said("span", `sites.${rule}.text`, { class: "soft", id: `${id}-text` })), acts);
}

/** @param {SiteLine} site @param {Rule} rule @param {boolean} wanted @param {HTMLElement} list */
async function set(site, rule, wanted, list) {
    const before = site[rule];
    if (wanted === RULES[rule].wider) {
        const ask = `sites.${rule}.ask`;
        const words = { title: ask, text: `${ask}.text`, yes: `${ask}.yes`, no: "sites.keep", icon: RULES[rule].icon };
        if (!(await confirm(words, site.name))) return;
    }
    await call("POST", `/api/sites/${site.site_id}/rules`, { [rule]: wanted });
    await fill(list, { site_id: site.site_id, rule, before });
}
