/**
 * The page of a clinician: sign-in, duty, the queue, the call. Owns: which view is shown; it follows from
 * what the server said last. Must never keep a patient's reason once the consultation left the queue.
 */

/** @import {Consultation, QueueEntry, ServerMessage} from "../shared/signaling/messages.js" */

import { CallPage } from "../shared/call/callpage.js";
import { DeviceCard } from "../shared/call/devices/devices.js";
import { find, onActions, setText, showView, swapIcon } from "../shared/base/dom.js";
import { notice, startFrame } from "../shared/base/frame.js";
import { codeOf } from "../shared/base/http.js";
import { errorText, onLanguage, say, startLanguage, t } from "../shared/base/i18n.js";
import { showLink } from "../shared/call/view/links.js";
import { SignIn, signOut } from "../shared/signin/signin.js";
import { chime, setSoundWanted, soundWanted, unlockSound } from "../shared/base/chime.js";
import { QueueList } from "./queue.js";

// Long enough to see oneself and sit right; then the camera's light goes out until a call.
const CAMERA_RESTS_AFTER_MS = 60_000;
const TICK_MS = 1_000;

const queue = new QueueList(onFresh);
const card = new DeviceCard(find("[data-devices]", HTMLElement));
const signIn = new SignIn(find("[data-for=sign-in]", HTMLElement), "clinician", () => {
    signedIn = true;
    session.connection.connect();
    render();
});
const page = new CallPage("clinician", {
    current: () => consultation,
    onNew,
    onSettled,
    onMessage,
    onRefused: (ref) => (acceptSeq = ref === acceptSeq ? 0 : acceptSeq),
    onSignedOut: () => (signedIn = false),
    onDevices: showDevices,
    render,
});
const { callView, link, overlays, session } = page;

let signedIn = false;
/** Who is signed in was asked for and answered: before, no form to sign in is shown to somebody who is. */
let begun = false;
let onDuty = false;
/** @type {Consultation | null} */
let consultation = null;
/** The consultation whose patient no longer agrees: its end is said in other words. */
let withdrawnId = "";
/** @type {QueueEntry[]} */
let entries = [];
/** Groups and mediators: once one of them is needed. @type {import("./together.js").Together | null} */
let together = null;
let acceptSeq = 0;
let cameraSinceMs = 0;

/** @param {ServerMessage} message */
function onMessage(message) {
    if (message.type === "welcome") {
        setText(find("[data-name]", HTMLElement), message.name);
    } else if (message.type === "duty") {
        setDuty(message.on);
    } else if (message.type === "queue") {
        entries = message.entries;
        queue.set(entries);
    } else if (message.type === "consultation") {
        onConsultation(message);
    } else if (message.type === "group" || message.type === "mediation") {
        void withTogether((part) => part.handle(message));
    } else if (message.type === "consent_withdrawn") {
        withdrawnId = message.consultation_id;
    }
}

/** @param {(part: import("./together.js").Together) => void} run */
async function withTogether(run) {
    try {
        const { Together } = await import("./together.js");
        together ??= new Together(page, {
            current: () => consultation,
            show: (call) => {
                if (call && !consultation) showSelf();
                consultation = call;
                if (!call && !onDuty) setDuty(false);
                render();
            },
        });
        run(together);
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
    }
}

function onNew() {
    acceptSeq = 0;
    onDuty = false;
}

function onSettled() {
    consultation = null;
    if (!onDuty) setDuty(false);
}

/** @param {boolean} on */
function setDuty(on) {
    if (on && !onDuty) showSelf();
    onDuty = on;
    if (on) return;
    entries = [];
    queue.set(entries);
    session.leg.stop();
    session.devices.close();
    showLink(link, null);
}

/** @param {Consultation} message */
function onConsultation(message) {
    acceptSeq = 0;
    const mine = message.participants.some((one) => one.participant_id === page.participantId);
    const over = message.state === "closed" || message.state === "cancelled";
    if (mine && !over) {
        if (!consultation) showSelf();
        consultation = message;
        return;
    }
    if (consultation?.consultation_id !== message.consultation_id) return; // an old one's last word
    consultation = null;
    cameraSinceMs = Date.now();
    if (!onDuty) setDuty(false); // nothing is warm for nobody
    const why = message.consultation_id === withdrawnId ? "consent.withdrawn" : message.discreet ? "ended.discreet" : "ended.title";
    notice(t(over ? why : "left.title"));
    session.devices.setMuted(false);
    session.devices.forgetCameraOff();
    session.devices.forgetChoices({ profile: "face" }); // what is looked at belongs to one patient
}

/** Opens camera and microphone and makes the leg warm. */
function showSelf() {
    cameraSinceMs = Date.now();
    session.leg.start();
    void session.devices.open();
}

/** @param {QueueEntry[]} fresh */
function onFresh(fresh) {
    setText(find("[data-announce]", HTMLElement), t("queue.announce", { count: entries.length }));
    if (fresh.some((entry) => entry.urgency === "red")) chime();
}

/** @returns {string} the view that follows from all that is known */
function view() {
    if (!signedIn) return "sign-in";
    return consultation ? "call" : "queue";
}

function render() {
    if (!begun && !signedIn) return;
    const settled = session.connection.status.state === "open";
    if (signedIn && !consultation && !settled && document.body.dataset.view !== "queue") return;
    const now = view();
    showView(now);
    if (consultation && now === "call") callView.show(consultation, page.participantId);
    else callView.hide();
    const call = now === "call" ? consultation : null;
    if (together || call?.discreet || (call && call.participants.length > 2)) void withTogether((part) => part.showPresence(call));
    session.devices.tellOthers(now === "call");
    find("[data-link-own]", HTMLElement).hidden = !onDuty;
    showQueue();
    showTitle();
    overlays.tick();
    showDevices();
}

function showQueue() {
    const duty = find("[data-action=duty]", HTMLElement);
    duty.setAttribute("aria-checked", String(onDuty));
    say(find("[data-duty-text]", HTMLElement), onDuty ? "duty.on" : "duty.off");
    find("[data-queue]", HTMLElement).hidden = entries.length === 0;
    find("[data-empty]", HTMLElement).hidden = onDuty && entries.length > 0;
    say(find("[data-empty-text]", HTMLElement), onDuty ? "queue.empty" : "queue.off_duty");
    for (const button of document.querySelectorAll("[data-action=accept]")) {
        if (button instanceof HTMLButtonElement) button.disabled = acceptSeq > 0;
    }
}

/** The number of waiting patients stands in the title; red ones are marked. */
function showTitle() {
    const red = entries.some((entry) => entry.urgency === "red") ? "! " : "";
    document.title = entries.length ? `${red}(${entries.length}) Kɛnɛya` : "Kɛnɛya";
}

function showDevices() {
    const { capture } = session.devices;
    card.show(session.devices, document.body.dataset.view === "queue");
    find("[data-action=wake]", HTMLElement).hidden = !onDuty || capture.states.video !== "off";
    callView.devicesChanged();
}

function tick() {
    page.tick();
    queue.tick();
    const looksOn = !consultation && session.devices.capture.tracks.video;
    if (looksOn && Date.now() - cameraSinceMs > CAMERA_RESTS_AFTER_MS) session.devices.restCamera();
}

/** @param {HTMLElement} target */
function accept(target) {
    const id = target.closest("[data-consultation]")?.getAttribute("data-consultation");
    if (!id || acceptSeq) return;
    acceptSeq = session.send({ type: "accept", consultation_id: id });
    showSelf();
    render();
}

/** @param {HTMLElement} target the case of an entry of the queue, or that of the call */
async function openCase(target) {
    const id = target.closest("[data-consultation]")?.getAttribute("data-consultation") ?? consultation?.consultation_id;
    const casenote = await import("./casenote.js");
    await (id ? casenote.openCase(id) : casenote.openMine());
}

function end() {
    const question = { title: "end.title", text: "end.text", yes: "end.yes", no: "end.no", icon: "hang-up" };
    void page.askThenSend(question, (consultation_id) => (together?.leads ? { type: "leave_group" } : { type: "end", consultation_id }));
}

function leave() {
    const question = { title: "leave.title", text: "leave.text", yes: "leave.yes", no: "leave.no", icon: "leave" };
    void page.askThenSend(question, (consultation_id) => (together?.leads ? { type: "leave_group" } : { type: "leave", consultation_id }));
}

async function endSession() {
    session.end();
    if (await signOut()) forget();
    else session.connection.connect(); // it can be tried again from here
}

function forget() {
    signedIn = false;
    onDuty = false;
    consultation = null;
    entries = [];
    queue.set(entries);
    setText(find("[data-name]", HTMLElement), "");
    render();
}

/** @param {boolean} wanted */
function setSound(wanted) {
    setSoundWanted(wanted);
    const button = find("[data-action=sound]", HTMLElement);
    button.setAttribute("aria-pressed", String(soundWanted()));
    swapIcon(button, soundWanted() ? "bell" : "bell-off");
}

onActions({
    ...page.actions,
    accept,
    case: (target) => void openCase(target),
    group: () => void withTogether((part) => part.openGroup()),
    mediators: () => void withTogether((part) => part.openMediators()),
    duty: () => session.send({ type: "set_duty", on: !onDuty }),
    end,
    leave,
    wake: showSelf,
    sound: () => setSound(!soundWanted()),
    "sign-out": () => void endSession(),
});
document.addEventListener("pointerdown", unlockSound, { passive: true });
document.addEventListener("keydown", unlockSound, { passive: true });
find("[data-link-own]", HTMLElement).append(link);
onLanguage(render);
await startLanguage();
startFrame();
setSound(soundWanted());
setInterval(tick, TICK_MS);
await signIn.keepBeginning(() => {
    begun = true;
    render();
}, (_, retryAtMs) => overlays.set({ state: "away", retryAtMs }));
