/**
 * The page of a station: enrolment, asking for a doctor, the waiting room, the call. Owns: which view is
 * shown; it follows from what the server said last, never from what the page hopes. Must never keep what a
 * patient said longer than the request it belongs to.
 */

/** @import {Consultation, LinkQuality, ServerMessage, Urgency} from "../shared/signaling/messages.js" */
/** @import {Ticket} from "../shared/base/http.js" */
/** @import {Together} from "./together.js" */

import { CallPage } from "../shared/call/callpage.js";
import { estimateText } from "../shared/call/view/cost.js";
import { DeviceCard } from "../shared/call/devices/devices.js";
import { find, onActions, setText, showView } from "../shared/base/dom.js";
import { hush, notice, startFrame } from "../shared/base/frame.js";
import { call, codeOf, signWith } from "../shared/base/http.js";
import { errorText, onLanguage, startLanguage, t } from "../shared/base/i18n.js";
import { showLink } from "../shared/call/view/links.js";
import { keepKey, makeKey, stationSigner } from "./key.js";
import { WaitingView } from "./waiting.js";

// A kiosk nobody touches gives its camera, its microphone and its leg (about 1 kbit/s) back.
const REST_AFTER_MS = 180_000;
// Long enough to read "it is over", short enough for the next patient.
const HOME_AFTER_MS = 30_000;
const TICK_MS = 1_000;

const waiting = new WaitingView();
const card = new DeviceCard(find("[data-devices]", HTMLElement));
const page = new CallPage("station", {
    current: () => consultation,
    onTicket,
    onNew: (isFirst) => (requestSeq = isFirst ? requestSeq : 0),
    onSettled: forgetConsultation,
    onMessage,
    onRefused,
    onSignedOut: () => (enrolled = false),
    onDevices: showDevices,
    render,
});
const { callView, link, overlays, session } = page;

/** @type {LinkQuality | null} */
let quality = null;
/** null: not known yet. @type {boolean | null} */
let enrolled = null;
let spoken = false;
/** @type {Consultation | null} */
let consultation = null;
/** The request was sent and nothing about it came back yet: the seq. */
let requestSeq = 0;
let ended = false;
/** What is open beside a consultation: the form of a case, or the cases of this post. @type {"" | "case" | "records"} */
let beside = "";
let lastCaseId = "";
/** The case whose patient has said yes on this page. */
let agreedId = "";
/** The case whose patient this page has asked, whatever the answer. */
let askedId = "";
/** Groups, mediators, the way out: once one of them is needed. @type {Together | null} */
let together = null;
/** The page has turned into the leaflet of the quick exit. */
let gone = false;
let resting = false;
let touchedMs = Date.now();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let homeTimer;

/** @param {ServerMessage} message */
function onMessage(message) {
    if (message.type === "consultation") {
        onConsultation(message);
    } else if (message.type === "consent_withdrawn") {
        notice(t("consent.withdrawn"));
    } else if (message.type === "waiting") {
        waiting.setPlace(message);
    } else if (message.type === "group" || message.type === "mediation") {
        if (message.type === "group") requestSeq = 0; // the seat that was asked for
        void withTogether((part) => part.handle(message));
    } else if (message.type === "link") {
        quality = message.quality;
        showEstimate();
        waiting.setLink(message.quality);
    }
}

/** @param {number} [ref] the number of the message that was refused */
function onRefused(ref) {
    if (ref !== requestSeq) return;
    requestSeq = 0;
    if (!consultation) guard("", false);
}

/** @param {(part: Together) => void} run */
async function withTogether(run) {
    try {
        const { Together } = await import("./together.js");
        together ??= new Together(page, {
            current: () => consultation,
            show: (call) => {
                consultation = call;
                render();
            },
            beside: () => {
                beside = "case";
                render();
            },
            leaveBeside,
            home: goHome,
            asked: (seq) => (requestSeq = seq),
            stop: () => (gone = true),
        });
        run(together);
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
    }
}

/** A way out while there is something to run from. @param {string} caseId @param {boolean} discreet */
function guard(caseId, discreet) {
    if (discreet || together) void withTogether((part) => part.guard(caseId, discreet));
}

/** What a call would cost on this link, before it is asked for. */
function showEstimate() {
    const text = estimateText(quality);
    for (const line of document.querySelectorAll("[data-estimate]")) {
        if (line instanceof HTMLElement) line.hidden = !text;
        setText(find("span", HTMLElement, line), text);
    }
}

/** The server holds none. */
function forgetConsultation() {
    consultation = null;
    session.devices.forgetChoices(); // of an earlier patient's
}

/** @param {Consultation} message */
function onConsultation(message) {
    const wasInCall = consultation !== null && isCall(consultation);
    requestSeq = 0;
    const over = message.state === "closed" || message.state === "cancelled";
    if (over && consultation?.consultation_id !== message.consultation_id) return; // an old one's last word
    if (over && wasInCall) showEnded();
    lastCaseId = message.consultation_id;
    if (!over) leaveBeside();
    if (!over) find("form[data-form=request]", HTMLFormElement).reset();
    if (over || consultation?.consultation_id !== message.consultation_id) waiting.setPlace(null);
    consultation = over ? null : message;
    // Also over what stays on the screen when it has ended.
    guard(message.consultation_id, Boolean(message.discreet));
    if (over) closePanel();
    else if (!isCall(message) && ![agreedId, askedId].includes(message.consultation_id)) void askConsent();
}

/** A question to a patient ends with the consultation. */
function closePanel() {
    document.querySelector("[data-case-panel]")?.remove();
}

function showEnded() {
    ended = true;
    clearTimeout(homeTimer);
    homeTimer = setTimeout(goHome, HOME_AFTER_MS);
}

function goHome() {
    clearTimeout(homeTimer);
    ended = false;
    hush();
    guard("", false);
    // The next patient starts with both on and nothing chosen.
    session.devices.forgetChoices();
    session.devices.setMuted(false);
    void session.devices.setCameraOff(false);
    touched();
    render();
}

/** @param {Consultation} one */
function isCall({ state }) {
    return state === "accepted" || state === "in_call" || state === "interrupted";
}

/** @returns {string} the view that follows from all that is known */
function view() {
    if (!enrolled) return "enrol";
    if (consultation) return isCall(consultation) ? "call" : "waiting";
    if (beside) return beside;
    if (ended) return "ended";
    return "home";
}

function render() {
    if (!spoken || enrolled === null || gone) return;
    const settled = page.settled;
    if (document.body.dataset.view === "loading" && enrolled && !settled && !consultation) return;
    const now = view();
    showView(now);
    if (consultation) waiting.setConsultation(consultation);
    if (consultation && now === "call") callView.show(consultation, together?.seatId || page.participantId);
    else callView.hide();
    const call = now === "call" ? consultation : null;
    if (together || call?.discreet || (call && call.participants.length > 2)) void withTogether((part) => part.showPresence(call));
    session.devices.tellOthers(now === "call");
    find("[data-action=request]", HTMLButtonElement).disabled = requestSeq > 0;
    find("[data-action=consent]", HTMLElement).hidden = !consultation || agreedId === consultation.consultation_id;
    find(".waiting [data-action=withdraw]", HTMLElement).hidden = !consultation || agreedId !== consultation.consultation_id;
    if (now === "waiting" || now === "call") wake();
    overlays.tick();
    showDevices();
}

function showDevices() {
    if (gone) return;
    const now = document.body.dataset.view;
    card.show(session.devices, now === "home" || now === "waiting");
    find("[data-action=wake]", HTMLElement).hidden = !resting;
    callView.devicesChanged();
}

/** Camera, microphone and warm leg, unless they are there already. */
function wake() {
    if (!resting && session.leg.condition !== "none") return;
    resting = false;
    session.leg.start();
    void session.devices.open();
}

function rest() {
    resting = true;
    session.leg.stop();
    session.devices.close();
    quality = null;
    showLink(link, null);
    showEstimate();
    showDevices();
}

/** Somebody is here. */
function touched() {
    touchedMs = Date.now();
    if (enrolled && session.connection.status.state === "open") wake();
}

function tick() {
    if (gone) return;
    page.tick();
    const now = document.body.dataset.view;
    if (now === "waiting") waiting.tick();
    const idle = Date.now() - touchedMs > REST_AFTER_MS;
    if (idle && beside) leaveBeside();
    if (idle && !resting && (now === "home" || now === "ended")) rest();
}

/** @param {HTMLFormElement} form */
function request(form) {
    if (requestSeq) return;
    const data = new FormData(form);
    const urgency = /** @type {Urgency} */ (data.get("urgency"));
    requestSeq = session.send({ type: "request_consultation", urgency, reason: String(data.get("reason") ?? "").trim() });
    wake();
    render();
}

/** @param {import("./caseform.js").From} [from] the case that the new one follows */
async function openCase(from = {}) {
    beside = "case";
    render();
    try {
        const { fillIn } = await import("./caseform.js");
        const caseId = await fillIn(find("[data-case]", HTMLElement), from);
        if (caseId) await askFor(caseId);
        else leaveBeside();
    } catch (problem) {
        leaveBeside();
        notice(errorText(codeOf(problem, "server_away")));
    }
}

/** @param {string} caseId asks for the call of a case that is on the server */
async function askFor(caseId) {
    if (requestSeq || consultation) return;
    beside = "case";
    render();
    const { askConsent } = await import("./consent.js");
    const agreed = await askConsent(find("[data-case]", HTMLElement), { caseId });
    if (agreed && !requestSeq && !consultation) {
        agreedId = caseId;
        requestSeq = session.send({ type: "request_consultation", urgency: "green", case_id: caseId });
        if (together?.isArmed) guard(caseId, true); // the way out stays while the answer is on its way, and ends this case
        wake();
    }
    leaveBeside();
}

/** @param {string} [caseId] none: the list */
async function openRecords(caseId = "") {
    beside = "records";
    ended = false;
    render();
    const { showCase, showRecords } = await import("./caserecords.js");
    const box = find("[data-records]", HTMLElement);
    const ways = {
        leave: leaveBeside,
        follow: (/** @type {string} */ previousId, /** @type {string} */ previousText, /** @type {boolean} */ discreet) => void openCase({ previousId, previousText, discreet }),
        ask: (/** @type {string} */ id) => void askFor(id),
    };
    await (caseId ? showCase(box, caseId, ways) : showRecords(box, ways));
}

/** The patient's yes to a request that waits without one: nobody can take it before. */
async function askConsent() {
    const caseId = consultation?.consultation_id ?? "";
    askedId = caseId;
    try {
        const { askToBeSeen } = await import("./referralconsent.js");
        if (await askToBeSeen(caseId)) agreedId = caseId;
    } catch (problem) {
        // A link that fails here leaves the button, which tries again.
        notice(errorText(codeOf(problem)));
    }
    render();
}

async function askForReferral() {
    const caseId = consultation?.consultation_id ?? lastCaseId;
    const module = await import("./referralconsent.js");
    await module.askForReferral(caseId);
}

/** Nothing of a patient stays on the screen of a kiosk. */
function leaveBeside() {
    beside = "";
    find("[data-case]", HTMLElement).replaceChildren();
    find("[data-records]", HTMLElement).replaceChildren();
    if (!consultation && !requestSeq) guard("", false);
    render();
}

function cancel() {
    const question = { title: "cancel.title", text: "cancel.text", yes: "cancel.yes", no: "cancel.no", icon: "cross" };
    void page.askThenSend(question, (consultation_id) => ({ type: "cancel_request", consultation_id }));
}

function end() {
    const question = { title: "end.title", text: "end.text", yes: "end.yes", no: "end.no", icon: "hang-up" };
    void page.askThenSend(question, (consultation_id) => (together?.seatId ? { type: "leave_group" } : { type: "end", consultation_id }));
}

/** @param {HTMLFormElement} form */
async function enrol(form) {
    const error = find("[data-error]", HTMLElement, form);
    const button = find("button", HTMLButtonElement, form);
    setText(error, "");
    button.disabled = true;
    try {
        const code = String(new FormData(form).get("code") ?? "").trim();
        await call("POST", "/api/station/enrolment", { code, public_key: await makeKey() });
        await keepKey();
        form.reset();
        begin();
    } catch (problem) {
        setText(error, errorText(codeOf(problem)));
    } finally {
        button.disabled = false;
    }
}

/** The server knows this device. @param {Ticket} ticket */
function onTicket({ name, site }) {
    if (!enrolled) void session.devices.open();
    enrolled = true;
    setText(find("[data-place]", HTMLElement), [site, name].filter(Boolean).join(" · "));
}

/** Connects at once; whether this device is a station is told with its ticket. */
function begin() {
    touchedMs = Date.now();
    session.leg.start();
    session.connection.connect();
}

onActions({
    ...page.actions,
    cancel,
    end,
    home: goHome,
    case: () => void openCase(),
    group: () => void withTogether((part) => void part.takeSeat()),
    mediators: () => void withTogether((part) => part.openMediators()),
    records: () => void openRecords(),
    summary: () => void openRecords(lastCaseId),
    consent: () => void askConsent(),
    "referral-consent": () => void askForReferral(),
    wake: touched,
});
find("form[data-form=enrol]", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void enrol(/** @type {HTMLFormElement} */ (event.currentTarget));
});
find("form[data-form=request]", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    request(/** @type {HTMLFormElement} */ (event.currentTarget));
});
document.addEventListener("keneya-photo", (event) => {
    setText(find("[data-photo-text]", HTMLElement), event instanceof CustomEvent ? String(event.detail) : "");
});
document.addEventListener("keneya-discreet", (event) => guard("", event instanceof CustomEvent && event.detail === true));
for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, touched, { passive: true });
find("[data-link-home]", HTMLElement).append(link);
signWith(stationSigner);
onLanguage(() => {
    waiting.show();
    showEstimate();
    render();
});
setInterval(tick, TICK_MS);
begin(); // the words come while the leg is made, which mostly waits for answers
await startLanguage();
startFrame();
spoken = true;
render();
