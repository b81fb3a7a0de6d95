/**
 * Puts the view of a mediator's page into the document. Owns: every element of the page except the call. Must never decide
 * what is shown: view.js does.
 */

/** @import {Invitation} from "../shared/signaling/messages.js" */
/** @import {CallPage} from "../shared/call/callpage.js" */
/** @import {Answer} from "./invitation.js" */
/** @import {Owed} from "./state.js" */
/** @import {View} from "./view.js" */

import { find, setText, showView } from "../shared/base/dom.js";
import { said } from "../shared/base/fields.js";
import { say } from "../shared/base/i18n.js";
import { PresenceList } from "../shared/call/together/presence.js";
import { invitationCard } from "./invitation.js";

/**
 * The actions on the desk.
 * @typedef {object} Acts
 * @property {(invitation: Invitation, answer: Answer) => void} answer
 * @property {(owed: Owed) => HTMLElement} reportForm
 */

const work = find("[data-work]", HTMLElement);
const presence = new PresenceList();
/** The view that was drawn last. @type {View | null} */
let drawn = null;
/** The form of a record; its ticks stay while the rest is drawn again. @type {{id: string, element: HTMLElement} | null} */
let form = null;

/** @param {View} shown @param {CallPage} page @param {Acts} acts */
export function draw(shown, page, acts) {
    const { screen, call, onDuty, selfId } = shown;
    showView(screen);
    setText(find("[data-name]", HTMLElement), shown.name);
    find("[data-action=duty]", HTMLElement).setAttribute("aria-checked", String(onDuty));
    say(find("[data-duty-text]", HTMLElement), shown.dutyText);
    find("[data-link-own]", HTMLElement).hidden = !onDuty;
    find("[data-action=ring]", HTMLElement).hidden = !shown.asksForTouch;
    document.title = `${shown.mark}Kɛnɛya`;
    drawWork(shown, acts);
    if (call) page.callView.show(call, selfId);
    else page.callView.hide();
    presence.show(call, selfId);
    page.overlays.tick();
}

/** Forgets the desk, which must be drawn again in another language. */
export function forgetWork() {
    drawn = form = null;
}

/** @param {View} shown @param {Acts} acts */
function drawWork(shown, acts) {
    const { invitations, report, idleText } = shown;
    if (drawn && drawn.invitations === invitations && drawn.report === report && drawn.idleText === idleText) return;
    drawn = shown;
    if (form?.id !== report?.id) form = report && { id: report.id, element: acts.reportForm(report) };
    const cards = invitations.map((one) => invitationCard(one, (answer) => acts.answer(one, answer)));
    const idle = idleText ? [said("p", idleText, "card")] : [];
    work.replaceChildren(...cards, ...(form ? [form.element] : []), ...idle);
}
