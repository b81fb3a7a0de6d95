/**
 * Reports over days and sites: consultations, mediators, links. Owns: this section. Must never show a single person: the
 * server hides counts of few people, and the table says which counts are hidden.
 */

import { make } from "../../shared/base/dom.js";
import { call } from "../../shared/base/http.js";
import { alsoSay, currentLanguage, t } from "../../shared/base/i18n.js";
import { joined } from "../../shared/base/isolate.js";
import { bars } from "./bars.js";
import { choice, field, form, heading, said } from "./parts.js";
import { amount, duration, share, table } from "./tables.js";

/**
 * @typedef {{specialty: string, consultations: number, completed: number, dropped: number, unanswered: number, open: number,
 *     wait_median_s: number | null, wait_p90_s: number | null, mb: number, cost: number}} ActivityRow
 * @typedef {{month: string, counts: Record<string, number>, total: number | null}} MonthRow what is not among the counts is
 *     below five
 * @typedef {{rows: ActivityRow[], total: ActivityRow, survivors: MonthRow[]}} Activity
 * @typedef {{language: string, mediations: number, minutes: number}} LanguageRow
 * @typedef {{invited: number, joined: number, reported: number, languages: LanguageRow[], blockages: MonthRow[]}} Mediations
 * @typedef {{day: string, site: string, station: string, calls: number, minutes: number, mb: number, rtt_median_ms: number | null,
 *     loss_ratio: number | null, outages: number, rungs: Record<string, number>}} LinkDay
 */

/** @param {HTMLElement} box */
export async function open(box) {
    await Promise.all([alsoSay("reports"), alsoSay("cases"), alsoSay("together")]);
    /** @type {{id: string, name: string}[]} */
    const sites = await call("GET", "/api/sites");
    const result = make("div", { class: "section" });
    const wanted = form("reports", [make("div", { class: "filters" },
        field("reports.first", "first", { type: "date", required: "", value: monthBefore() }),
        field("reports.last", "last", { type: "date", required: "", value: today() }),
        choice("reports.site", "site", [["", t("reports.all_sites")], ...sites.map(({ id, name }) => /** @type {[string, string]} */ ([id, name]))]))],
    "reports.show", (data) => fill(result, data));
    wanted.classList.add("wide");
    box.append(heading("office.reports"), wanted, result);
    await fill(result, new FormData(wanted));
}

/** @param {HTMLElement} result @param {FormData} data */
async function fill(result, data) {
    const query = new URLSearchParams({ first: String(data.get("first")), last: String(data.get("last")) });
    const site = String(data.get("site") ?? "");
    if (site) query.set("site", site);
    const ask = (/** @type {string} */ name) => call("GET", `/api/reports/${name}?${query}`);
    const [activity, mediations, links] = await Promise.all([ask("activity"), ask("mediations"), ask("links")]);
    result.replaceChildren(activityPart(activity, query), mediationsPart(mediations, query), linksPart(links, query));
}

/** @param {Activity} found @param {URLSearchParams} query */
function activityPart({ rows, total, survivors }, query) {
    const heads = ["reports.specialty", "reports.consultations", "reports.completed", "reports.dropped", "reports.unanswered",
        "reports.open", "reports.wait_median", "reports.wait_p90", "reports.mb", "reports.cost"];
    const line = (/** @type {ActivityRow} */ row, /** @type {string} */ name) => [name, ...[row.consultations, row.completed, row.dropped,
        row.unanswered, row.open].map(amount), duration(row.wait_median_s), duration(row.wait_p90_s), amount(row.mb), amount(row.cost)];
    const lines = [...rows.map((row) => line(row, specialty(row.specialty))), line(total, t("reports.all"))];
    const part = card("reports.activity", "activity", query, said("p", "reports.activity.text", { class: "soft" }));
    if (rows.length) part.append(bars("reports.activity", rows.map((row) => [specialty(row.specialty), row.consultations])));
    part.append(table("reports.activity", heads, lines, { totalRow: true }));
    part.append(said("h3", "reports.survivors"), said("p", "reports.months.text", { class: "soft" }),
        table("reports.survivors", ["reports.month", "reports.specialty", "reports.cases"], months(survivors, specialty)));
    return part;
}

/** @param {MonthRow[]} rows @param {(code: string) => string} name */
function months(rows, name) {
    return rows.flatMap(({ month, counts, total }) => [
        ...Object.entries(counts).map(([code, count]) => [month, name(code), amount(count)]), [month, t("reports.all"), hidden(total)]]);
}

/** @param {Mediations} found @param {URLSearchParams} query */
function mediationsPart(found, query) {
    const numbers = t("reports.mediations.numbers", { invited: amount(found.invited), joined: amount(found.joined), reported: amount(found.reported) });
    return card("reports.mediations", "mediations", query, make("p", {}, numbers),
        table("reports.languages", ["reports.language", "reports.number", "reports.minutes"],
            found.languages.map((row) => [t(`spoken.${row.language}`), amount(row.mediations), amount(row.minutes)])),
        said("h3", "reports.blockages"), said("p", "reports.months.text", { class: "soft" }),
        table("reports.blockages", ["reports.month", "reports.blockage", "reports.number"], months(found.blockages, (code) => t(`blockage.${code}`))));
}

/** @param {LinkDay[]} days @param {URLSearchParams} query */
function linksPart(days, query) {
    const heads = ["reports.day", "reports.station", "reports.calls", "reports.minutes", "reports.mb", "reports.rtt", "reports.loss",
        "reports.outages", "reports.rungs"];
    return card("reports.links", "links", query, said("p", "reports.links.text", { class: "soft" }), table("reports.links", heads, days.map((one) => [
        one.day, joined(one.site, one.station), amount(one.calls), amount(one.minutes), amount(one.mb), amount(one.rtt_median_ms),
        share(one.loss_ratio), amount(one.outages),
        Object.entries(one.rungs).map(([rung, part]) => `${t(`rung.${rung}`)} ${share(part)}`).join(", ")])));
}

/** @param {string} key @param {string} report @param {URLSearchParams} query @param {...Node} content */
function card(key, report, query, ...content) {
    const file = said("a", "reports.file", { class: "button quiet small", download: "", href: `/api/reports/${report}?${query}&form=csv&language=${currentLanguage() === "en" ? "en" : "fr"}` });
    return make("section", { class: "card report" }, make("div", { class: "report-head" }, said("h2", key), file), ...content);
}

/** @param {string} code "": none was chosen */
function specialty(code) {
    return code ? t(`specialty.${code}`) : t("reports.no_specialty");
}

/** @param {number | null} count null: few people */
function hidden(count) {
    return count === null ? t("reports.hidden") : amount(count);
}

function today() {
    return new Date().toISOString().slice(0, 10);
}

/** The first day of the last month: the report covers the last month and the present one so far. */
function monthBefore() {
    const now = new Date();
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 10);
}
