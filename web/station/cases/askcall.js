/**
 * Requests the call of a case that is on the server. Owns: the order, which is to ask the patient first. Must never ask the
 * patient twice.
 */

/** @import {Store} from "../../shared/base/store.js" */
/** @import {Session} from "../../shared/call/session.js" */
/** @import {Message, State} from "../state.js" */

import { find } from "../../shared/base/dom.js";

/**
 * What the page gives to the parts beside a consultation.
 * @typedef {object} Here
 * @property {Store<State, Message>} store
 * @property {Session} session
 * @property {(caseId: string) => void} openRecords shows a case that is there already
 */

/** @param {Here} here @param {string} caseId @param {string} language the patient's; "": not known */
export async function askFor({ store, session }, caseId, language) {
    const isBusy = () => store.state.requestSeq > 0 || store.state.consultation !== null;
    if (isBusy()) return;
    store.dispatch({ type: "opened", beside: "case" });
    const { askConsent } = await import("./consent.js");
    const agreed = await askConsent(find("[data-case]", HTMLElement), { caseId, language });
    if (agreed && !isBusy()) {
        const seq = session.send({ type: "request_consultation", urgency: "green", case_id: caseId });
        store.dispatch({ type: "requested", seq, caseId });
    }
    store.dispatch({ type: "left" });
}
