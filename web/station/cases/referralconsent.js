/**
 * The patient's yes beside what is shown: to being seen, to a third person, and to being sent on, for one recipient. Owns:
 * the panel and the choice of the recipient; what is explained and kept is the consent step's.
 */

/** @import {About} from "./consent.js" */
/** @typedef {{scope: string, in_force: boolean, language: string}} Known an answer that is on disk */

import { agreements } from "../../shared/cases/agreements.js";
import { SERVICES, SPECIALTIES } from "../../shared/cases/caselists.js";
import { make } from "../../shared/base/dom.js";
import { button, field, said, style } from "../../shared/base/fields.js";
import { call } from "../../shared/base/http.js";
import { alsoSay, say } from "../../shared/base/i18n.js";
import { askConsent } from "./consent.js";

const STYLE = new URL("../../shared/cases/cases.css", import.meta.url).pathname;

/**
 * The yes to the consultation itself, for a request that was in a hurry; not asked again when it is on disk.
 * @param {string} caseId @returns {Promise<boolean | null>} as `askConsent`
 */
export async function askToBeSeen(caseId) {
    const known = await answersOf(caseId);
    return isGiven(known, "teleconsultation") || askBeside({ caseId, language: languageOf(known) });
}

/**
 * The yes to a mediator or an interpreter, before anybody is invited; not asked again when it is on disk.
 * @param {string} caseId @param {string} [why] who wishes for whom, said to the nurse
 * @returns {Promise<boolean | null>} as `askConsent`
 */
export async function askForThird(caseId, why) {
    const known = await answersOf(caseId);
    return isGiven(known, "third_person") || askBeside({ caseId, subject: "third_person", language: languageOf(known) }, why);
}

/** @param {About} about @param {string} [why] */
async function askBeside(about, why) {
    style(STYLE);
    document.querySelector("[data-case-panel]")?.remove();
    const step = make("div");
    const panel = make("aside", { class: "card case-panel", "data-case-panel": "" }, ...(why ? [make("p", {}, make("strong", {}, why))] : []), step);
    document.body.append(panel);
    const answer = await askConsent(step, about);
    panel.remove();
    return answer;
}

/** @param {string} caseId @returns {Promise<Known[]>} oldest first */
function answersOf(caseId) {
    return call("GET", `/api/cases/${caseId}/consents`);
}

/** @param {Known[]} known @param {string} scope the newest answer decides */
function isGiven(known, scope) {
    return known.findLast((one) => one.scope === scope)?.in_force === true;
}

/** The patient's language, as the last answer was given in; "": not known. @param {Known[]} known */
function languageOf(known) {
    return known.at(-1)?.language ?? "";
}

/** Opens a panel beside what is shown. @param {string} caseId */
export async function askForReferral(caseId) {
    style(STYLE);
    const [known] = await Promise.all([answersOf(caseId), alsoSay("cases"), alsoSay("people")]);
    const language = languageOf(known);
    document.querySelector("[data-case-panel]")?.remove();
    const to = make("select", { name: "recipient" }, ...options(SPECIALTIES, "specialty"), ...options(SERVICES, "recipient"));
    const step = make("div");
    const go = button("referral.ask", "button", () => void askOnly(step, { caseId, subject: "referral", recipient: to.value, language }).then((answer) => {
        if (answer !== null) panel.remove();
    }));
    const close = button("note.close", "button quiet", () => panel.remove());
    const panel = make("aside", { class: "card case-panel", "data-case-panel": "" },
        make("div", { class: "case-head" }, said("h1", "referral.title"), close), field("note.refer.to", to), go, step);
    document.body.append(panel);
    to.focus();
    const given = await agreements(caseId);
    if (!step.childElementCount) step.before(given);
}

/**
 * The question alone: what was agreed to before is not what this one is about.
 * @param {HTMLElement} step @param {About} about
 */
async function askOnly(step, about) {
    step.parentElement?.querySelector("[data-agreements]")?.remove();
    return askConsent(step, about);
}

/** @param {string[]} values @param {string} prefix */
function options(values, prefix) {
    return values.map((value) => {
        const option = make("option", { value });
        say(option, `${prefix}.${value}`);
        return option;
    });
}
