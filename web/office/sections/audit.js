/**
 * The audit trail, for auditors: who did what and when, and whether the trail is intact. Owns: this section. An entry has
 * no clinical content.
 */

import { make, setText } from "../../shared/base/dom.js";
import { call } from "../../shared/base/http.js";
import { alsoSay, t } from "../../shared/base/i18n.js";
import { ACTS } from "./acts.js";
import { button, choice, field, form, heading, said, tried, when } from "./parts.js";
import { amount, table } from "./tables.js";

const ASK_AGAIN_MS = 1_000;
// The page size of the server (server/audit/inspection.py); a smaller page is the last one.
const PAGE_ENTRIES = 100;
const DAY_MS = 86_400_000;

/**
 * @typedef {{sequence: number, at_ms: number, act: string, actor_id: string, actor_role: string, consultation_id: string | null,
 *     subject_id: string | null, facts: string}} Entry
 * @typedef {{running: boolean, failed: boolean, finished_at: number | null, entries: number, checkpoints: number, findings: string[],
 *     checkpoint: {sequence: number, at_ms: number, hash: string} | null}} Verified
 */

/** @param {HTMLElement} box */
export async function open(box) {
    await alsoSay("reports");
    const acts = ACTS.map((code) => /** @type {[string, string]} */ ([code, t(`act.${code}`)])).sort(([, one], [, other]) => one.localeCompare(other));
    const result = make("div", { class: "section" });
    const wanted = form("audit", [make("div", { class: "filters" },
        field("audit.case", "case", { spellcheck: "false" }), choice("audit.act", "act", [["", t("audit.all_acts")], ...acts]),
        field("audit.actor", "actor", { spellcheck: "false" }), field("reports.first", "first", { type: "date" }), field("reports.last", "last", { type: "date" }))],
    "reports.show", (data) => look(result, queryOf(data), true));
    wanted.classList.add("wide");
    box.append(heading("office.audit"), await verification(), wanted, result);
    await look(result, new URLSearchParams(), true);
}

/** @param {FormData} data */
function queryOf(data) {
    const query = new URLSearchParams();
    for (const name of ["case", "act", "actor"]) {
        const text = String(data.get(name) ?? "").trim();
        if (text) query.set(name, text);
    }
    const [first, last] = [Date.parse(String(data.get("first"))), Date.parse(String(data.get("last")))];
    if (first) query.set("from_ms", String(first));
    if (last) query.set("until_ms", String(last + DAY_MS));
    return query;
}

/** @param {HTMLElement} result @param {URLSearchParams} query @param {boolean} anew */
async function look(result, query, anew) {
    /** @type {Entry[]} */
    const entries = await call("GET", `/api/audit/entries?${query}`);
    if (anew) result.replaceChildren();
    const lines = entries.map((one) => [String(one.sequence), when(one.at_ms / 1000), t(`act.${one.act}`), make("code", {}, one.actor_id), t(`role.${one.actor_role}`),
        make("code", {}, one.consultation_id ?? "–"), make("code", {}, one.subject_id ?? "–"), make("code", {}, one.facts)]);
    result.append(table("office.audit", ["audit.number", "audit.when", "audit.act", "audit.actor", "audit.role", "audit.case", "audit.subject", "audit.facts"], lines, { words: true }));
    const last = entries.at(-1);
    if (entries.length < PAGE_ENTRIES || !last) return;
    const more = button("audit.older", "clock", () => void tried(async () => {
        query.set("before", String(last.sequence));
        await look(result, query, false);
        more.remove();
    }));
    result.append(more);
}

async function verification() {
    const told = make("div", { role: "status" });
    const show = async () => {
        /** @type {Verified} */
        const state = await call("GET", "/api/audit/verification");
        say(told, state);
        if (state.running && told.isConnected) setTimeout(() => void tried(show), ASK_AGAIN_MS);
    };
    const begin = button("audit.verify", "check", () => void tried(async () => {
        await call("POST", "/api/audit/verification");
        await show();
    }));
    const file = said("a", "audit.export", { class: "button quiet small", download: "", href: "/api/audit/export" });
    await show();
    return make("section", { class: "card report" }, said("h2", "audit.whole"), told, make("div", { class: "acts-left" }, begin, file));
}

/** @param {HTMLElement} told @param {Verified} state */
function say(told, state) {
    const line = make("p");
    told.replaceChildren(line);
    if (state.running) setText(line, t("audit.running"));
    else if (state.failed) setText(line, t("audit.failed"));
    else if (state.finished_at === null) setText(line, t("audit.never"));
    else {
        const numbers = { when: when(state.finished_at), entries: amount(state.entries), checkpoints: amount(state.checkpoints) };
        setText(line, t(state.findings.length ? "audit.tampered" : "audit.sound", numbers));
        line.className = state.findings.length ? "error-text" : "";
        if (state.findings.length) told.append(make("ul", {}, ...state.findings.map((finding) => make("li", {}, finding))));
    }
    const { checkpoint } = state;
    if (checkpoint) told.append(make("p", { class: "soft" }, t("audit.checkpoint", { number: String(checkpoint.sequence), when: when(checkpoint.at_ms / 1000) }), " ", make("code", {}, checkpoint.hash)));
}
