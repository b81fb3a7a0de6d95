/**
 * The further agreements of a patient: recipients, a mediator; each with a button that takes it back. Owns: this list, at
 * the station and beside the clinician's case. Must never ask why, nor make taking back harder than agreeing was.
 */

import { icon, make } from "../base/dom.js";
import { said } from "../base/fields.js";
import { confirm, notice } from "../base/frame.js";
import { call, codeOf } from "../base/http.js";
import { alsoSay, errorText, t } from "../base/i18n.js";
import { withdrawConsent } from "./withdrawal.js";

/** The question before an agreement is taken back, by its scope. @type {Record<string, {title: string, text: string}>} */
const QUESTIONS = {
    referral: { title: "withdraw.to.title", text: "withdraw.to.text" },
    third_person: { title: "withdraw.third.title", text: "withdraw.third.text" },
};
// The only third person is a mediator.
const MEDIATOR = "mediator";

/** @typedef {{scope: string, recipient: string | null, in_force: boolean}} Answer */

/** @param {string} recipient a specialty, a service, or a mediator @returns {string} in the language of the page */
export function recipientText(recipient) {
    const known = t(`recipient.${recipient}`);
    return known === `recipient.${recipient}` ? t(`specialty.${recipient}`) : known;
}

/**
 * @param {string} caseId
 * @returns {Promise<HTMLElement>} hidden while there is no agreement
 * @throws {HttpError}
 */
export async function agreements(caseId) {
    await Promise.all([alsoSay("cases"), alsoSay("consent"), alsoSay("people")]);
    const list = make("ul", { class: "case-lines" });
    const box = make("section", { class: "case-view unprinted", "data-agreements": "" }, said("h2", "agreements.title"), list);
    const fill = async () => {
        /** @type {Answer[]} oldest first; for each recipient the newest answer decides */
        const answers = await call("GET", `/api/cases/${caseId}/consents`);
        const newest = new Map(answers.filter(({ scope }) => scope in QUESTIONS).map((one) => [`${one.scope} ${one.recipient ?? ""}`, one]));
        const given = [...newest.values()].filter(({ in_force }) => in_force);
        list.replaceChildren(...given.map((one) => line(caseId, one, fill)));
        box.hidden = given.length === 0;
    };
    await fill();
    return box;
}

/** @param {string} caseId @param {Answer} given @param {() => Promise<void>} changed */
function line(caseId, given, changed) {
    const to = given.recipient ?? MEDIATOR;
    const name = recipientText(to);
    const take = make("button", { type: "button", class: "button quiet", "aria-description": name, "data-recipient": to }, icon("hand"), said("span", "agreements.take"));
    take.addEventListener("click", () => void tookBack(caseId, given, changed));
    return make("li", { class: "card" }, icon("people"), make("strong", {}, name), take);
}

/** @param {string} caseId @param {Answer} given @param {() => Promise<void>} changed */
async function tookBack(caseId, { scope, recipient }, changed) {
    const asked = QUESTIONS[scope];
    if (!asked || !(await confirm({ ...asked, yes: "withdraw.to.yes", no: "withdraw.to.no", icon: "hand" }))) return;
    try {
        await withdrawConsent({ caseId, scope, ...(recipient ? { recipient } : {}) });
        notice(t("agreements.taken"));
        await changed();
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
    }
}
