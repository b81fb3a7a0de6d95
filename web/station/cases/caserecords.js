/**
 * The cases of a station: find one by its reference, read it, print it, follow it up, report its outcome. Owns: the list
 * and the sheet on the screen. Must never keep a case after its view is closed.
 */

/** @import {CaseView} from "../../shared/cases/casesheet.js" */
/** @import {Language} from "../../shared/base/i18n.js" */
/** @import {Here} from "./askcall.js" */
/** @import {From} from "./caseform.js" */

import { agreements, recipientText } from "../../shared/cases/agreements.js";
import { OUTCOMES } from "../../shared/cases/caselists.js";
import { focusHeading, sheet, wordsIn } from "../../shared/cases/casesheet.js";
import { create } from "../../shared/requests/create.js";
import { find, icon, make, setText } from "../../shared/base/dom.js";
import { button, choice, field, said, style, when } from "../../shared/base/fields.js";
import { notice } from "../../shared/base/frame.js";
import { call, codeOf } from "../../shared/base/http.js";
import { alsoSay, currentLanguage, errorText, LANGUAGES, OWN_NAMES, t } from "../../shared/base/i18n.js";
import { joined } from "../../shared/base/isolate.js";
import { askFor } from "./askcall.js";
import { ownCopy } from "./owncopy.js";
import { drawPin } from "./olderpin.js";

const STYLE = new URL("../../shared/cases/cases.css", import.meta.url).pathname;

/**
 * @typedef {object} CaseLine
 * @property {string} id @property {number} opened_at @property {string} state @property {string} urgency
 * @property {string} reason_code @property {string} patient_ref @property {boolean} answered @property {string} outcome
 */
/**
 * What a person can do from here.
 * @typedef {object} Ways
 * @property {() => void} leave
 * @property {(from: From) => void} follow a new case follows this one
 * @property {(caseId: string, language: string) => void} ask requests the call of a case
 * @property {() => void} guard shows the quick exit, because the case is survivor-safe
 */

/** @param {Here} here @param {string} caseId "": the list */
export async function openRecords(here, caseId) {
    const box = find("[data-records]", HTMLElement);
    const ways = {
        leave: () => here.store.dispatch({ type: "left" }),
        follow: (/** @type {From} */ from) => void follow(here, from),
        ask: (/** @type {string} */ id, /** @type {string} */ language) => void askFor(here, id, language),
        guard: () => here.store.dispatch({ type: "discreet", on: true }),
    };
    await (caseId ? showCase(box, caseId, ways) : showRecords(box, ways));
}

/** @param {Here} here @param {From} from the case that a new one follows */
async function follow(here, from) {
    here.store.dispatch({ type: "opened", beside: "case" });
    try {
        const { openCase } = await import("./caseform.js");
        await openCase(here, from);
    } catch (problem) {
        here.store.dispatch({ type: "left" });
        notice(errorText(codeOf(problem, "server_away")));
    }
}

/** Shows the list of cases. @param {HTMLElement} box @param {Ways} ways */
async function showRecords(box, ways) {
    await ready();
    const error = make("p", { class: "error-text", role: "alert" });
    const lines = make("ul", { class: "case-lines" });
    const input = make("input", { name: "patient_ref", maxlength: "60", autocomplete: "off" });
    const find_ = make("button", { class: "button quiet" }, icon("eye"), said("span", "cases.find"));
    const form = make("form", { class: "side-by-side", novalidate: "" }, field("cases.search", input), find_);
    const load = async () => {
        const patient_ref = input.value.trim();
        await told(error, async () => {
            /** @type {CaseLine[]} */
            const found = await (patient_ref ? call("POST", "/api/cases/search", { patient_ref }) : listed());
            lines.replaceChildren(...found.map((line) => lineOf(line, () => void showCase(box, line.id, ways))));
            if (!found.length) lines.append(said("li", "cases.none", "card"));
        });
    };
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        void load();
    });
    const bar = make("div", { "data-pin": "" });
    box.replaceChildren(make("div", { class: "case-view" }, head("cases.title", ways), form, said("h2", "cases.recent"), error, lines, bar));
    focusHeading(box);
    await load();
    await told(error, () => drawPin(bar, load, told));
}

/** Shows one case as its sheet. @param {HTMLElement} box @param {string} caseId @param {Ways} ways */
async function showCase(box, caseId, ways) {
    await ready();
    const error = make("p", { class: "error-text", role: "alert" });
    const view = make("div", { class: "case-view" }, head("summary.title", ways), error);
    box.replaceChildren(view);
    focusHeading(box);
    await told(error, async () => {
        /** @type {CaseView} */
        const one = await call("GET", `/api/cases/${caseId}/summary`);
        const page = make("div");
        const languages = make("select", { name: "sheet_language" }, ...LANGUAGES.map((value) => make("option", { value, lang: value }, OWN_NAMES[value])));
        languages.value = one.language === "bm" ? "bm" : currentLanguage();
        const draw = async () => {
            const language = /** @type {Language} */ (languages.value);
            page.replaceChildren(sheet(one, await wordsIn(language), language));
        };
        languages.addEventListener("change", () => void told(error, draw));
        const print = button("summary.print", "button", () => window.print());
        print.prepend(icon("check"));
        const ask = button("summary.ask", "button", () => ways.ask(caseId, one.language));
        ask.hidden = one.state !== "open";
        const follow = button("summary.follow", "button quiet", () => ways.follow({
            previousId: caseId, previousText: when(one.opened_at, currentLanguage()), discreet: one.kind === "survivor_safe",
        }));
        follow.hidden = one.state === "open";
        view.append(make("div", { class: "side-by-side unprinted" }, field("summary.language", languages), print, ask, follow), page,
            ...referralsToAsk(one, ways), outcomeForm(one, error), ownCopy(caseId, () => languages.value));
        await draw();
        // A survivor-safe case is found by its alias, so this screen has the quick exit too.
        if (one.kind === "survivor_safe") ways.guard();
        view.append(await agreements(caseId));
    });
}

/**
 * The referrals inside that have opened a case, whose call can be requested now.
 * @param {CaseView} one @param {Ways} ways
 */
function referralsToAsk(one, ways) {
    return one.referrals.filter(({ new_case_id }) => new_case_id).map(({ recipient, new_case_id }) => {
        const ask = button("summary.ask", "button quiet", () => ways.ask(String(new_case_id), one.language));
        return make("div", { class: "card side-by-side unprinted" }, make("strong", {}, `${t("summary.referral")} ${recipientText(recipient)}`), ask);
    });
}

/** @param {CaseView} one @param {HTMLElement} error */
function outcomeForm(one, error) {
    const outcome = choice("outcome", OUTCOMES, "outcome", "case.reason.choose");
    const words = make("input", { name: "words", maxlength: "500", autocomplete: "off" });
    const send = make("button", { class: "button" }, icon("check"), said("span", "outcome.send"));
    const done = make("p", { role: "status" });
    const form = make("form", { class: "card unprinted", novalidate: "" }, said("h2", "outcome.title"),
        make("div", { class: "side-by-side" }, field("outcome.title", outcome), field("case.words", words), send), done);
    form.hidden = one.state === "open";
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!outcome.value) {
            outcome.focus();
            return;
        }
        void told(error, async () => {
            await create(`/api/cases/${one.id}/outcomes`, { outcome: outcome.value, words: words.value.trim() });
            form.reset();
            setText(done, t("outcome.sent"));
        });
    });
    return form;
}

/** @param {CaseLine} line @param {() => void} open */
function lineOf(line, open) {
    const what = line.reason_code ? t(`reason.${line.reason_code}`) : t("reason.other");
    const state = line.outcome ? t(`outcome.${line.outcome}`) : t(line.answered ? "cases.answered" : "cases.unanswered");
    const press = button("cases.open", "button quiet", open);
    press.setAttribute("aria-description", `${line.patient_ref} ${what}`);
    return make("li", { class: "card", "data-case": line.id }, icon(line.urgency, `icon urgency-${line.urgency}`),
        make("div", {}, make("strong", {}, joined(line.patient_ref, what)), make("small", {}, `${when(line.opened_at, currentLanguage())} · ${state}`)), press);
}

/** @param {string} key @param {Ways} ways */
function head(key, ways) {
    return make("div", { class: "case-head unprinted" }, said("h1", key), button("case.back", "button quiet", ways.leave));
}

async function ready() {
    style(STYLE);
    await Promise.all([alsoSay("cases"), alsoSay("people")]);
}

/** The newest cases of this station. @returns {Promise<CaseLine[]>} */
function listed() {
    return call("GET", "/api/cases");
}

/** @param {HTMLElement} error @param {() => Promise<void>} work */
async function told(error, work) {
    setText(error, "");
    try {
        await work();
    } catch (problem) {
        setText(error, errorText(codeOf(problem)));
    }
}
