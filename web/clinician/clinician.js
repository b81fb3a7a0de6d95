/**
 * The page of a clinician: sign-in, duty, the queue, the call. Owns: turning presses, timers and the server's messages into
 * messages for the state, and the actions that follow from a change of the state. Must never decide what is shown: that
 * follows from the server's last message.
 */

/** @import {ServerMessage} from "../shared/signaling/messages.js" */
/** @import {State} from "./state.js" */
/** @import {Together} from "./together.js" */

import { Store } from "../shared/base/store.js";
import { CallPage } from "../shared/call/callpage.js";
import { DeviceCard } from "../shared/call/devices/devices.js";
import { find, onActions } from "../shared/base/dom.js";
import { notice, startFrame } from "../shared/base/frame.js";
import { call, codeOf } from "../shared/base/http.js";
import { alsoSay, errorText, onLanguage, startLanguage, t } from "../shared/base/i18n.js";
import { showLink } from "../shared/call/view/links.js";
import { SignIn, signOut } from "../shared/signin/signin.js";
import { chime, expectSound, setSoundWanted, soundWanted, unlockSound } from "../shared/base/chime.js";
import { draw, drawTimes } from "./draw.js";
import { reduce, START } from "./state.js";
import { view } from "./view.js";

// Long enough to check the own picture; then the camera is off until a call.
const CAMERA_RESTS_AFTER_MS = 60_000;
const TICK_MS = 1_000;

/** Notices of the system: what no first view waits for. */
const attention = import("../shared/base/attention.js").catch(() => null); // the tone and the title remain

const store = new Store(START, reduce);
const card = new DeviceCard(find("[data-devices]", HTMLElement));
const signIn = new SignIn(find("[data-for=sign-in]", HTMLElement), "clinician", () => {
    session.connection.connect();
    store.dispatch({ type: "signed_in" });
});
const page = new CallPage("clinician", {
    current: () => store.state.consultation,
    onNew: () => undefined,
    onSettled: () => {
        store.dispatch({ type: "settled" });
        session.devices.forgetOff(); // what was switched off was switched off for a call
    },
    onMessage,
    onRefused: (ref) => store.dispatch({ type: "refused", ref }),
    onSignedOut: () => store.dispatch({ type: "signed_out" }),
    onDevices: showDevices,
    render: () => store.dispatch({ type: "status", online: session.connection.status.state === "open" }),
});
const { link, session } = page;
/** Groups and mediators, loaded when one of them is needed. @type {Together | null} */
let together = null;
let cameraSinceMs = 0;

store.subscribe((state, before) => {
    show();
    follow(state, before);
});

function show() {
    draw(view(store.state), page);
    showDevices();
}

function showDevices() {
    const { capture } = session.devices;
    card.show(session.devices, view(store.state).showsDevices);
    find("[data-action=wake]", HTMLElement).hidden = !store.state.onDuty || capture.states.video !== "off";
    page.callView.devicesChanged();
}

/** Does what follows from a change, besides drawing. @param {State} state @param {State} before */
function follow(state, before) {
    const { call, listed } = view(state);
    const begins = (state.onDuty && !before.onDuty) || (state.consultation && !before.consultation);
    if (begins || (state.warm && !before.warm)) showSelf();
    if (before.warm && !state.warm) rest();
    if (state.onDuty && !before.onDuty) expectSound((isBlocked) => store.dispatch({ type: "sound_blocked", is: isBlocked }));
    if (state.signedIn && !before.signedIn) void lookForNews();
    session.devices.tellOthers(call !== null);
    if (state.fresh && state.fresh !== before.fresh && state.fresh.isRed) callAloud();
    if (state.ended && state.ended !== before.ended) leaveCall(state.ended);
    if (state.screen === "queue" && before.screen !== "queue") void lookAtOwed();
    if (listed && !together) void withTogether(() => undefined);
}

/** A very urgent patient is there. */
function callAloud() {
    chime();
    void attention.then((part) => part?.showNotice(t("urgency.red"), "red"));
}

/** Opens camera and microphone and makes the leg warm. */
function showSelf() {
    cameraSinceMs = performance.now();
    session.leg.start();
    void session.devices.open();
}

function rest() {
    session.leg.stop();
    session.devices.close();
    showLink(link, null);
}

/** The panel of a case, if it was ever opened. @type {typeof import("./casenote.js") | null} */
let casenote = null;

/** @param {NonNullable<State["ended"]>} ended why the call has ended for this clinician */
function leaveCall({ key, values }) {
    cameraSinceMs = performance.now();
    notice(t(key, values));
    casenote?.callEnded();
    session.devices.forgetOff();
    session.devices.forgetChoices({ profile: "face" }); // the profile belongs to one patient
}

/** @param {ServerMessage} message */
function onMessage(message) {
    store.dispatch({ ...message, atMs: performance.now() });
    if (message.type === "case_news") void tellNews(message);
    if (message.type === "group" || message.type === "mediation") void withTogether((part) => part.handle(message));
}

/** Tells that a patient treated before is worse. @param {import("./state.js").News} news */
async function tellNews({ outcome, site }) {
    await alsoSay("cases");
    notice(t("queue.news.told", { outcome: t(`outcome.${outcome}`), site: site || t("queue.discreet") }));
}

/** Fetches the news that arrived while nobody was here. */
async function lookForNews() {
    try {
        store.dispatch({ type: "news", news: await call("GET", "/api/cases/news") });
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
    }
}

/** @param {(part: Together) => void} run */
async function withTogether(run) {
    try {
        const { Together } = await import("./together.js");
        together ??= new Together(page, store);
        run(together);
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
    }
}

function tick() {
    page.tick();
    drawTimes();
    const looksOn = !store.state.consultation && session.devices.capture.tracks.video;
    if (looksOn && performance.now() - cameraSinceMs > CAMERA_RESTS_AFTER_MS) session.devices.restCamera();
}

/** @param {HTMLElement} target */
function accept(target) {
    const id = target.closest("[data-consultation]")?.getAttribute("data-consultation");
    if (!id || store.state.acceptSeq) return;
    store.dispatch({ type: "accepting", seq: session.send({ type: "accept", consultation_id: id }) });
    showSelf();
}

/** @param {HTMLElement} target the case of an entry of the queue, one that waits for an answer, or that of the call */
async function openCase(target) {
    const owed = target.closest("[data-owed-case]")?.getAttribute("data-owed-case");
    const id = owed ?? target.closest("[data-consultation]")?.getAttribute("data-consultation") ?? store.state.consultation?.consultation_id;
    casenote ??= await import("./casenote.js");
    casenote.onNoted(() => void lookAtOwed());
    if (id) store.dispatch({ type: "read", id });
    await (id ? casenote.openCase(id, (handing) => store.dispatch({ type: "handing", handing })) : casenote.openMine((read) => store.dispatch({ type: "read", id: read })));
}

/** What waits for an answer: it stays in sight. */
async function lookAtOwed() {
    const lines = await call("GET", "/api/cases/owed").catch(() => null); // asked again at the next change
    if (lines) store.dispatch({ type: "owed", lines });
}

function end() {
    void page.askThenSend(view(store.state).endQuestion, (consultation_id) => {
        if (store.state.leads) return { type: "leave_group" };
        store.dispatch({ type: "ending", id: consultation_id });
        return { type: "end", consultation_id };
    });
}

function leave() {
    void page.askThenSend(view(store.state).leaveQuestion, (consultation_id) => ({ type: "leave", consultation_id }));
}

async function endSession() {
    session.end();
    if (await signOut()) store.dispatch({ type: "forgotten" });
    else session.connection.connect(); // a press may try again at once
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

/** @param {boolean} wanted */
function setSound(wanted) {
    setSoundWanted(wanted);
    store.dispatch({ type: "sound", on: soundWanted() });
}

onActions({
    ...page.actions,
    accept,
    case: (target) => void openCase(target),
    group: () => void withTogether((part) => part.openGroup()),
    mediators: () => void withTogether((part) => part.openMediators()),
    duty,
    end,
    leave,
    wake: showSelf,
    sound: () => setSound(!soundWanted()),
    ring,
    "sign-out": () => void endSession(),
});
document.addEventListener("pointerdown", unlockSound, { passive: true });
document.addEventListener("keydown", unlockSound, { passive: true });
find("[data-link-own]", HTMLElement).append(link);
onLanguage(show);
await startLanguage();
startFrame();
setSound(soundWanted());
setInterval(tick, TICK_MS);
await signIn.keepBeginning(
    () => store.dispatch({ type: "begun" }),
    (_, retryAtMs) => page.overlays.set({ state: "away", retryAtMs }),
);
