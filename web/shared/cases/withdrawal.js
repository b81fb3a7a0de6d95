/**
 * A patient takes an agreement back, at the station or by asking the clinician. Owns: the one question before that, because
 * it ends the call for everybody. Must never ask for a reason, nor make taking back harder than agreeing was.
 */

import { confirm, notice } from "../base/frame.js";
import { call, codeOf } from "../base/http.js";
import { alsoSay, errorText } from "../base/i18n.js";

/**
 * Takes an agreement back, at any moment; a call that needs the agreement ends for everybody.
 * @param {{caseId: string, scope?: string, recipient?: string}} about
 * @throws {HttpError}
 */
export async function withdrawConsent({ caseId, scope = "teleconsultation", recipient }) {
    await call("POST", `/api/cases/${caseId}/consents/withdrawal`, recipient ? { scope, recipient } : { scope });
}

/**
 * Asks once, then takes the agreement to be seen back. The server tells everybody that the call is over.
 * @param {string} caseId @param {() => boolean} stillOpen whether this consultation is still the one on the screen
 */
export async function askWithdrawal(caseId, stillOpen) {
    try {
        await alsoSay("consent");
        const going = await confirm({ title: "withdraw.title", text: "withdraw.text", yes: "withdraw.yes", no: "withdraw.no", icon: "hand" });
        if (going && stillOpen()) await withdrawConsent({ caseId });
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
    }
}
