/**
 * The patient's yes beside what is shown: to being seen, and to being sent on, for one recipient. Owns: the choice of the
 * recipient; what is explained and kept is the consent step's.
 */

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
    /** @type {{scope: string, in_force: boolean}[]} */
    const answers = await call("GET", `/api/cases/${caseId}/consents`);
    if (answers.some(({ scope, in_force }) => scope === "teleconsultation" && in_force)) return true;
    style(STYLE);
    document.querySelector("[data-case-panel]")?.remove();
    const panel = make("aside", { class: "card case-panel", "data-case-panel": "" });
    document.body.append(panel);
    const answer = await askConsent(panel, { caseId });
    panel.remove();
    return answer;
}

/** Opens a panel beside what is shown. @param {string} caseId */
export async function askForReferral(caseId) {
    style(STYLE);
    await Promise.all([alsoSay("cases"), alsoSay("people")]);
    document.querySelector("[data-case-panel]")?.remove();
    const to = make("select", { name: "recipient" }, ...options(SPECIALTIES, "specialty"), ...options(SERVICES, "recipient"), ...options(["mediator"], "recipient"));
    const step = make("div");
    const go = button("referral.ask", "button", () => void askOnly(step, { caseId, scope: "referral", recipient: to.value }).then((answer) => {
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
 * @param {HTMLElement} step @param {Parameters<typeof askConsent>[1]} about
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
