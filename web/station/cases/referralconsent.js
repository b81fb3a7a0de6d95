/**
 * The questions to a patient in a panel beside the page: the agreement to be seen, to a third person, and to a referral to
 * one recipient. Owns: the panel and the choice of the recipient; consent.js explains, asks and sends the answer.
 */

/** @import {About} from "./consent.js" */
/** @typedef {{scope: string, in_force: boolean, language: string}} Known an answer on disk */

import { agreements } from "../../shared/cases/agreements.js";
import { SERVICES, SPECIALTIES } from "../../shared/cases/caselists.js";
import { make } from "../../shared/base/dom.js";
import { button, field, style } from "../../shared/base/fields.js";
import { call } from "../../shared/base/http.js";
import { alsoSay, say, sayLabel } from "../../shared/base/i18n.js";
import { sidePanel } from "../../shared/base/sidepanel.js";
import { askConsent } from "./consent.js";

const STYLE = new URL("../../shared/cases/cases.css", import.meta.url).pathname;

/**
 * Asks for the agreement to the consultation itself, after an urgent request without it; not if it is on disk already.
 * @param {string} caseId @returns {Promise<boolean | null>} as `askConsent`
 */
export async function askToBeSeen(caseId) {
    const known = await answersOf(caseId);
    return isGiven(known, "teleconsultation") || askBeside({ caseId, language: languageOf(known) });
}

/**
 * Asks for the agreement to a mediator or an interpreter before anybody is invited; not if it is on disk already.
 * @param {string} caseId @param {string} [why] who wants to invite whom, a sentence for the nurse
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
    sayLabel(panel, "waiting.consent");
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

/** The language of the last answer; "": not known. @param {Known[]} known */
function languageOf(known) {
    return known.at(-1)?.language ?? "";
}

/** Opens the panel with the question about a referral. @param {string} caseId */
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
    const panel = sidePanel("data-case-panel", "referral.title", () => panel.remove(), field("note.refer.to", to), go, step);
    document.body.append(panel);
    to.focus();
    const given = await agreements(caseId);
    if (!step.childElementCount) step.before(given);
}

/**
 * Shows the question alone, without the list of earlier agreements, which it is not about.
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
