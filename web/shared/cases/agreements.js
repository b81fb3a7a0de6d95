/**
 * The recipients a patient has agreed to, each with a button that takes the agreement back. Owns: this list, at the
 * station and beside the clinician's case. Must never ask why, nor make it harder than saying yes was.
 */

import { icon, make } from "../base/dom.js";
import { said } from "../base/fields.js";
import { confirm, notice } from "../base/frame.js";
import { call, codeOf } from "../base/http.js";
import { alsoSay, errorText, t } from "../base/i18n.js";
import { withdrawConsent } from "./withdrawal.js";

/** @typedef {{scope: string, recipient: string | null, in_force: boolean}} Answer */

/** @param {string} recipient a specialty, a service, or a mediator @returns {string} in the language of the page */
export function recipientText(recipient) {
    const known = t(`recipient.${recipient}`);
    return known === `recipient.${recipient}` ? t(`specialty.${recipient}`) : known;
}

/**
 * @param {string} caseId
 * @returns {Promise<HTMLElement>} hidden while nothing is agreed to
 * @throws {HttpError}
 */
export async function agreements(caseId) {
    await Promise.all([alsoSay("cases"), alsoSay("consent"), alsoSay("people")]);
    const list = make("ul", { class: "case-lines" });
    const box = make("section", { class: "case-view unprinted", "data-agreements": "" }, said("h2", "agreements.title"), list);
    const fill = async () => {
        /** @type {Answer[]} oldest first: the newest of a recipient decides */
        const answers = await call("GET", `/api/cases/${caseId}/consents`);
        const newest = new Map(answers.filter(({ scope }) => scope === "referral").map((one) => [String(one.recipient), one.in_force]));
        const given = [...newest].filter(([, inForce]) => inForce).map(([recipient]) => recipient);
        list.replaceChildren(...given.map((recipient) => line(caseId, recipient, fill)));
        box.hidden = given.length === 0;
    };
    await fill();
    return box;
}

/** @param {string} caseId @param {string} recipient @param {() => Promise<void>} changed */
function line(caseId, recipient, changed) {
    const name = recipientText(recipient);
    const take = make("button", { type: "button", class: "button quiet", "aria-description": name, "data-recipient": recipient }, icon("hand"), said("span", "agreements.take"));
    take.addEventListener("click", () => void tookBack(caseId, recipient, changed));
    return make("li", { class: "card" }, icon("people"), make("strong", {}, name), take);
}

/** @param {string} caseId @param {string} recipient @param {() => Promise<void>} changed */
async function tookBack(caseId, recipient, changed) {
    const words = { title: "withdraw.to.title", text: "withdraw.to.text", yes: "withdraw.to.yes", no: "withdraw.to.no", icon: "hand" };
    if (!(await confirm(words))) return;
    try {
        await withdrawConsent({ caseId, scope: "referral", recipient });
        notice(t("agreements.taken"));
        await changed();
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
    }
}
