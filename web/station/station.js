/**
 * The page of a station: enrolment, the request for a doctor, the waiting room, the call. Owns: turning presses, timers and
 * the server's messages into messages for the state, and the actions that follow from a change of the state. Must never
 * decide what is shown: that follows from the server's last message, never from an expectation of the page.
 */

/** @import {ServerMessage, Urgency} from "../shared/signaling/messages.js" */
/** @import {State} from "./state.js" */
/** @import {Together} from "./together/together.js" */

import { Store } from "../shared/base/store.js";
import { CallPage } from "../shared/call/callpage.js";
import { DeviceCard } from "../shared/call/devices/devices.js";
import { find, onActions } from "../shared/base/dom.js";
import { hush, notice, startFrame } from "../shared/base/frame.js";
import { codeOf, signWith } from "../shared/base/http.js";
import { alsoSay, errorText, onLanguage, startLanguage, t } from "../shared/base/i18n.js";
import { joined } from "../shared/base/isolate.js";
import { hasLeft, UNANSWERED } from "../shared/requests/left.js";
import { draw, drawWaited } from "./draw.js";
import { stationSigner } from "./key.js";
import { reduce, START } from "./state.js";
import { view } from "./view.js";

// A kiosk that nobody touches for this time closes its camera, its microphone and its leg (about 1 kbit/s).
const REST_AFTER_MS = 180_000;
// Long enough to read that the call is over, short enough for the next patient.
const HOME_AFTER_MS = 30_000;
const TICK_MS = 1_000;

const store = new Store(START, reduce);
const card = new DeviceCard(find("[data-devices]", HTMLElement));
const page = new CallPage("station", {
    current: () => store.state.consultation,
    onTicket: ({ name, site }) => store.dispatch({ type: "ticket", name: joined(site, name) }),
    onNew: () => undefined,
    onSettled: () => {
        store.dispatch({ type: "settled" });
        startAnew(); // keeps nothing of an earlier patient
    },
    onMessage,
    onRefused: (ref) => store.dispatch({ type: "refused", ref }),
    onSignedOut: () => store.dispatch({ type: "signed_out" }),
    onDevices: showDevices,
    onLeg: show,
    render: () => store.dispatch({ type: "status", online: session.connection.status.state === "open" }),
});
const { link, session } = page;
/** @type {import("./cases/askcall.js").Here} */
const here = { store, session, openRecords };
const enrolForm = find("form[data-form=enrol]", HTMLFormElement);
const requestForm = find("form[data-form=request]", HTMLFormElement);
/** Groups, mediators and the quick exit, loaded when one of them is needed. @type {Together | null} */
let together = null;
let touchedMs = performance.now();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let homeTimer;

store.subscribe((state, before) => {
    show();
    if (!state.gone) follow(state, before);
});

function show() {
    if (store.state.gone) return;
    draw(view(store.state), page);
    showDevices();
}

function showDevices() {
    if (store.state.gone) return;
    card.show(session.devices, view(store.state).showsDevices);
    page.callView.devicesChanged();
}

/** Does what follows from a change, besides drawing. @param {State} state @param {State} before */
function follow(state, before) {
    const { isAwake, call, listed } = view(state);
    if (isAwake !== view(before).isAwake) (isAwake ? wake : rest)();
    session.devices.tellOthers(call !== null);
    if (state.lastCaseId !== before.lastCaseId) requestForm.reset();
    if (state.askedId !== before.askedId) askConsent(state.askedId);
    if (state.started && !before.started && state.enrolled) goOn();
    // A question to a patient ends with the consultation.
    if (before.consultation && !state.consultation) document.querySelector("[data-case-panel]")?.remove();
    if (state.ended && !before.ended) {
        clearTimeout(homeTimer);
        homeTimer = setTimeout(goHome, HOME_AFTER_MS);
    }
    if (state.place && state.place !== before.place) void alsoSay("cases").then(show);
    if (!together && (state.exit || listed)) withTogether(() => undefined);
}

/** Opens camera and microphone, and makes the leg warm. */
function wake() {
    session.leg.start();
    void session.devices.open();
}

function rest() {
    session.leg.stop();
    session.devices.close();
}

/** @param {ServerMessage} message */
function onMessage(message) {
    store.dispatch({ ...message, atMs: performance.now() });
    if (message.type === "consent_withdrawn") notice(t(message.refused ? "consent.refused" : "consent.withdrawn"));
    else if (message.type === "group" || message.type === "mediation" || message.type === "consent_wanted") {
        withTogether((part) => part.handle(message));
    }
}

/** Runs a part that is loaded when it is needed. @param {() => Promise<void>} run @param {() => void} [failed] */
async function late(run, failed) {
    try {
        await run();
    } catch (problem) {
        failed?.();
        notice(errorText(codeOf(problem, "server_away")));
    }
}

/** @param {(part: Together) => void} run */
function withTogether(run) {
    void late(async () => {
        const { Together } = await import("./together/together.js");
        together ??= new Together(page, store, goHome);
        run(together);
    });
}

function goHome() {
    clearTimeout(homeTimer);
    store.dispatch({ type: "home" });
    hush();
    // The next patient starts with microphone and camera on, and without choices.
    startAnew();
    touched();
}

/** Resets all choices, and opens microphone and camera if somebody may be here. */
function startAnew() {
    session.devices.forgetChoices();
    session.devices.forgetOff();
    if (view(store.state).isAwake) void session.devices.open();
}

/** Notes that somebody uses the page. */
function touched() {
    touchedMs = performance.now();
    store.dispatch({ type: "touched" });
}

function tick() {
    if (store.state.gone) return;
    page.tick();
    drawWaited(view(store.state));
    if (performance.now() - touchedMs > REST_AFTER_MS) store.dispatch({ type: "idle" });
}

function request() {
    if (store.state.requestSeq) return;
    const data = new FormData(requestForm);
    const urgency = /** @type {Urgency} */ (data.get("urgency"));
    const reason = String(data.get("reason") ?? "").trim();
    store.dispatch({ type: "requested", seq: session.send({ type: "request_consultation", urgency, reason }) });
}

/** Opens a form, or the cases of this station. @param {"case" | "records"} beside @param {() => Promise<void>} fill */
function open(beside, fill) {
    store.dispatch({ type: "opened", beside });
    void late(fill, () => store.dispatch({ type: "left" }));
}

/** @param {string} caseId "": the list */
function openRecords(caseId) {
    open("records", async () => (await import("./cases/caserecords.js")).openRecords(here, caseId));
}

/** Asks for the consent that a waiting request still needs; nobody can accept the request before. @param {string} caseId */
function askConsent(caseId) {
    // If the link fails here, the button stays, and a press tries again.
    void late(async () => {
        const { askToBeSeen } = await import("./cases/referralconsent.js");
        if (await askToBeSeen(caseId)) store.dispatch({ type: "agreed", caseId });
    });
}

function askForReferral() {
    const caseId = store.state.consultation?.consultation_id ?? store.state.lastCaseId;
    void late(async () => (await import("./cases/referralconsent.js")).askForReferral(caseId));
}

/** What was on its way when this page was loaded anew: a case, its photos. */
function goOn() {
    if (!hasLeft(UNANSWERED, "keneya.photos")) return;
    const caseId = store.state.consultation?.consultation_id ?? "";
    const tell = (/** @type {string} */ text) => store.dispatch({ type: "photo", text });
    void late(async () => (await import("./cases/afterreload.js")).afterReload(caseId, tell));
}

function cancel() {
    const question = { title: "cancel.title", text: "cancel.text", yes: "cancel.yes", no: "cancel.no", icon: "cross" };
    void page.askThenSend(question, (consultation_id) => ({ type: "cancel_request", consultation_id }));
}

function end() {
    void page.askThenSend(view(store.state).endQuestion, (consultation_id) => (store.state.seatId ? { type: "leave_group" } : { type: "end", consultation_id }));
}

function enrol() {
    const button = find("button", HTMLButtonElement, enrolForm);
    button.disabled = true;
    const sent = late(async () => (await import("./enrol.js")).enrol(enrolForm, begin));
    void sent.finally(() => (button.disabled = false));
}

/** Connects; the ticket says whether this device is a station. */
function begin() {
    touchedMs = performance.now();
    session.leg.start();
    session.connection.connect();
}

/** @param {HTMLFormElement} form @param {() => void} send */
function onSubmit(form, send) {
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        send();
    });
}

/** Switches the microphone; a participant whom the host has muted cannot. */
function mute() {
    if (store.state.silenced) withTogether((part) => part.sayWhySilent());
    else page.actions.mute();
}

onActions({
    ...page.actions,
    mute,
    cancel,
    end,
    home: goHome,
    case: () => open("case", async () => (await import("./cases/caseform.js")).openCase(here)),
    group: () => withTogether((part) => void part.takeSeat()),
    mediators: () => withTogether((part) => part.openMediators()),
    records: () => openRecords(""),
    summary: () => openRecords(store.state.lastCaseId),
    consent: () => askConsent(store.state.consultation?.consultation_id ?? ""),
    "referral-consent": askForReferral,
    wake: touched,
});
onSubmit(enrolForm, enrol);
onSubmit(requestForm, request);
for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, touched, { passive: true });
find("[data-link-home]", HTMLElement).append(link);
signWith(stationSigner);
onLanguage(show);
setInterval(tick, TICK_MS);
begin(); // the catalogs load while the leg is made, which mostly waits for answers
await startLanguage();
startFrame();
store.dispatch({ type: "spoken" });
