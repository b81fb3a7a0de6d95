/**
 * The page of a mediator: sign-in, duty, an invitation with its pledge, the call, the record afterwards. Owns: which
 * view is shown. Must never show anything of a case: the server sends none.
 */

/** @import {Consultation, Invitation, ServerMessage} from "../shared/signaling/messages.js" */

import { CallPage } from "../shared/call/callpage.js";
import { chime, unlockSound } from "../shared/base/chime.js";
import { find, make, onActions, setText, showView } from "../shared/base/dom.js";
import { notice, startFrame } from "../shared/base/frame.js";
import { call, codeOf } from "../shared/base/http.js";
import { alsoSay, errorText, onLanguage, say, startLanguage, t } from "../shared/base/i18n.js";
import { PresenceList } from "../shared/call/together/presence.js";
import { SignIn, signOut } from "../shared/signin/signin.js";
import { invitationCard } from "./invitation.js";

/** @typedef {{id: string, joined_at: number, minutes: number, language: string}} Owed */

const TICK_MS = 1_000;

let signedIn = false;
/** Who is signed in was asked for and answered: before, no form to sign in is shown to somebody who is. */
let begun = false;
let onDuty = false;
/** @type {Consultation | null} */
let consultation = null;
/** @type {Map<string, Invitation>} */
const invitations = new Map();
/** @type {Owed[]} */
let owed = [];
/** The form on the screen: what is ticked in it stays while others are drawn anew. @type {{id: string, element: HTMLElement} | null} */
let report = null;
/** The form comes when the first record is owed. @type {typeof import("./report.js") | null} */
let recording = null;

const work = find("[data-work]", HTMLElement);
const page = new CallPage("mediator", {
    current: () => consultation,
    onNew: () => undefined,
    onSettled: () => (consultation = null),
    onMessage,
    onRefused: () => undefined,
    onSignedOut: () => (signedIn = false),
    onDevices: () => page.callView.devicesChanged(),
    render,
});
const { callView, link, overlays, session } = page;
const presence = new PresenceList();
const signIn = new SignIn(find("[data-for=sign-in]", HTMLElement), "mediator", () => {
    signedIn = true;
    session.connection.connect();
    void lookForOwed();
    render();
});

/** @param {ServerMessage} message */
function onMessage(message) {
    if (message.type === "welcome") {
        setText(find("[data-name]", HTMLElement), message.name);
    } else if (message.type === "duty") {
        onDuty = message.on;
        if (onDuty) warm();
    } else if (message.type === "invitation") {
        if (!invitations.has(message.invitation_id)) chime(); // two minutes to answer, and the page may lie under others
        invitations.set(message.invitation_id, message);
        drawWork();
    } else if (message.type === "mediation") {
        if (message.state !== "invited") invitations.delete(message.invitation_id);
        if (message.state === "left" || message.state === "removed") void lookForOwed();
        drawWork();
    } else if (message.type === "consultation") {
        onConsultation(message);
    }
}

/** @param {Consultation} message */
function onConsultation(message) {
    const mine = message.participants.some((one) => one.participant_id === page.participantId);
    const over = message.state === "closed" || message.state === "cancelled";
    if (mine && !over) {
        if (!consultation) warm();
        consultation = message;
        return;
    }
    if (consultation?.consultation_id !== message.consultation_id) return;
    consultation = null;
    notice(t("ended.title"));
    session.devices.setMuted(false);
    void lookForOwed();
}

/** Opens camera and microphone and makes the leg warm: a call begins one round trip after the yes. */
function warm() {
    session.leg.start();
    void session.devices.open();
}

async function lookForOwed() {
    try {
        owed = await call("GET", "/api/mediations");
        if (owed.length) recording ??= await import("./report.js");
    } catch (problem) {
        notice(errorText(codeOf(problem)));
    }
    drawWork();
}

function drawWork() {
    const cards = [...invitations.values()].map((one) => invitationCard(one, (answer) => {
        invitations.delete(one.invitation_id);
        session.send({ type: "answer_invitation", invitation_id: one.invitation_id, ...answer });
        drawWork();
    }));
    const first = owed[0];
    if (report?.id !== first?.id) {
        report = first && recording ? { id: first.id, element: recording.reportForm(first, () => {
            notice(t("mediator.sent"));
            void lookForOwed();
        }) } : null;
    }
    const forms = report ? [report.element] : [];
    document.title = cards.length ? `! (${cards.length}) Kɛnɛya` : "Kɛnɛya";
    const idle = make("p", { class: "card" });
    say(idle, onDuty ? "mediator.ready" : "mediator.off");
    work.replaceChildren(...(cards.length || forms.length ? [...cards, ...forms] : [idle]));
}

function render() {
    if (!begun && !signedIn) return;
    const settled = session.connection.status.state === "open";
    if (signedIn && !consultation && !settled && document.body.dataset.view === "loading") return;
    const now = !signedIn ? "sign-in" : consultation ? "call" : "desk";
    showView(now);
    if (consultation) callView.show(consultation, page.participantId);
    else callView.hide();
    presence.show(consultation, page.participantId);
    session.devices.tellOthers(now === "call");
    const duty = find("[data-action=duty]", HTMLElement);
    if (duty.getAttribute("aria-checked") !== String(onDuty)) {
        duty.setAttribute("aria-checked", String(onDuty));
        drawWork();
    }
    say(find("[data-duty-text]", HTMLElement), onDuty ? "duty.on" : "duty.off");
    find("[data-link-own]", HTMLElement).hidden = !onDuty;
    overlays.tick();
}

function leave() {
    const question = { title: "end.title", text: "mediator.report.text", yes: "group.leave", no: "end.no", icon: "leave" };
    void page.askThenSend(question, (consultation_id) => ({ type: "leave", consultation_id }));
}

async function endSession() {
    session.end();
    if (await signOut()) location.reload();
    else session.connection.connect(); // it can be tried again from here
}

onActions({
    ...page.actions,
    duty: () => session.send({ type: "set_duty", on: !onDuty }),
    end: leave,
    "sign-out": () => void endSession(),
});
document.addEventListener("pointerdown", unlockSound, { passive: true });
document.addEventListener("keydown", unlockSound, { passive: true });
find("[data-link-own]", HTMLElement).append(link);
onLanguage(() => {
    report = null;
    drawWork();
    render();
});
await startLanguage();
await Promise.all([alsoSay("together"), alsoSay("people")]);
startFrame();
drawWork();
setInterval(() => page.tick(), TICK_MS);
await signIn.keepBeginning(() => {
    begun = true;
    render();
}, (_, retryAtMs) => overlays.set({ state: "away", retryAtMs }));
