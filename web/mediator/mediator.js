/**
 * The page of a mediator: sign-in, duty, an invitation with its pledge, the call, the record afterwards. Owns: turning
 * presses, timers and the server's messages into messages for the state, and the actions that follow from a change of the
 * state. Must never show anything of a case: the server sends nothing of it.
 */

/** @import {Answer} from "./invitation.js" */
/** @import {Owed, State} from "./state.js" */

import { Store } from "../shared/base/store.js";
import { CallPage } from "../shared/call/callpage.js";
import { chime, expectSound, soundWanted, unlockSound } from "../shared/base/chime.js";
import { find, onActions } from "../shared/base/dom.js";
import { notice, startFrame } from "../shared/base/frame.js";
import { call, codeOf } from "../shared/base/http.js";
import { alsoSay, errorText, onLanguage, startLanguage, t } from "../shared/base/i18n.js";
import { SignIn, signOut } from "../shared/signin/signin.js";
import { draw, forgetWork } from "./draw.js";
import { reduce, START } from "./state.js";
import { view } from "./view.js";

const TICK_MS = 1_000;

/** Notices of the system: what no first view waits for. */
const attention = import("../shared/base/attention.js").catch(() => null); // the tone and the title remain

const store = new Store(START, reduce);
const page = new CallPage("mediator", {
    current: () => store.state.consultation,
    onNew: () => undefined,
    onSettled: () => {
        store.dispatch({ type: "settled" });
        session.devices.forgetOff(); // what was switched off was switched off for a call
    },
    onMessage: (message) => store.dispatch(message),
    onRefused: () => undefined,
    onSignedOut: () => store.dispatch({ type: "signed_out" }),
    onDevices: () => page.callView.devicesChanged(),
    render: () => store.dispatch({ type: "status", online: session.connection.status.state === "open" }),
});
const { link, session } = page;
const signIn = new SignIn(find("[data-for=sign-in]", HTMLElement), "mediator", () => {
    session.connection.connect();
    store.dispatch({ type: "signed_in" });
});
/** The form, loaded when the first record is owed. @type {typeof import("./report.js") | null} */
let recording = null;

store.subscribe((state, before) => {
    show();
    follow(state, before);
});

function show() {
    draw(view(store.state), page, { answer, reportForm });
}

/** Draws the desk again, in another language. */
function showAnew() {
    forgetWork();
    show();
}

/** Does what follows from a change, besides drawing. @param {State} state @param {State} before */
function follow(state, before) {
    if ((state.onDuty && !before.onDuty) || (state.consultation && !before.consultation)) warm();
    session.devices.tellOthers(view(state).call !== null);
    // There are two minutes to answer, and other windows may cover the page.
    if (state.invitations.length > before.invitations.length) callAloud();
    if (state.onDuty && !before.onDuty) expectSound((isBlocked) => store.dispatch({ type: "sound_blocked", is: isBlocked && soundWanted() }));
    if (state.ends !== before.ends) {
        notice(t(state.endKey));
        session.devices.forgetOff();
    }
    if (state.looks !== before.looks) void lookForOwed();
}

/** A mediator is asked for. */
function callAloud() {
    chime();
    void attention.then((part) => part?.showNotice(t("mediator.asked"), "invitation"));
}

function duty() {
    void attention.then((part) => part?.allowNotices());
    session.send({ type: "set_duty", on: !store.state.onDuty });
}

/** The touch that the browser waits for; one hears at once what it will sound like. */
function ring() {
    void attention.then((part) => part?.allowNotices());
    chime();
    unlockSound();
}

/** Opens camera and microphone, and makes the leg warm: a call then begins one round trip after the acceptance. */
function warm() {
    session.leg.start();
    void session.devices.open();
}

async function lookForOwed() {
    try {
        /** @type {Owed[]} */
        const owed = await call("GET", "/api/mediations");
        if (owed.length) recording ??= await import("./report.js");
        store.dispatch({ type: "owed", owed });
    } catch (problem) {
        notice(errorText(codeOf(problem)));
    }
}

/** @param {import("../shared/signaling/messages.js").Invitation} invitation @param {Answer} given */
function answer({ invitation_id }, given) {
    session.send({ type: "answer_invitation", invitation_id, ...given });
    store.dispatch({ type: "answered", id: invitation_id });
}

/** @param {Owed} owed */
function reportForm(owed) {
    if (!recording) throw new Error("a record is owed before its form is here");
    return recording.reportForm(owed, () => {
        notice(t("mediator.sent"));
        store.dispatch({ type: "reported" });
    });
}

function leave() {
    const question = { title: "mediator.leave.title", text: "mediator.leave.text", yes: "end.yes.leave", no: "end.no", icon: "leave" };
    void page.askThenSend(question, (consultation_id) => {
        store.dispatch({ type: "leaving", id: consultation_id });
        return { type: "leave", consultation_id };
    });
}

async function endSession() {
    session.end();
    if (await signOut()) location.reload();
    else session.connection.connect(); // a press may try again at once
}

onActions({
    ...page.actions,
    duty,
    end: leave,
    ring,
    "sign-out": () => void endSession(),
});
document.addEventListener("pointerdown", unlockSound, { passive: true });
document.addEventListener("keydown", unlockSound, { passive: true });
find("[data-link-own]", HTMLElement).append(link);
onLanguage(showAnew);
await startLanguage();
await Promise.all([alsoSay("together"), alsoSay("people")]);
startFrame();
showAnew();
setInterval(() => page.tick(), TICK_MS);
await signIn.keepBeginning(
    () => store.dispatch({ type: "begun" }),
    (_, retryAtMs) => page.overlays.set({ state: "away", retryAtMs }),
);
