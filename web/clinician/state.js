/**
 * The state of a clinician's page. Owns: the state, and how each message changes it. Must never touch the document, a clock
 * or the network: messages carry what the state needs of these. Must never keep a patient's reason after the consultation
 * has left the queue.
 */

/** @import {Consultation, QueueEntry, ServerMessage} from "../shared/signaling/messages.js" */

/**
 * @typedef {object} State
 * @property {"loading" | "sign-in" | "queue" | "call"} screen
 * @property {boolean} begun the server has said who is signed in; before that, the page asks nobody to sign in
 * @property {boolean} signedIn
 * @property {boolean} online the socket is open
 * @property {string} name
 * @property {string} participantId
 * @property {boolean} onDuty
 * @property {boolean} warm camera, microphone and leg may be open: on duty, or in a call
 * @property {Consultation | null} consultation the call; also a group that this clinician leads
 * @property {boolean} leads the call is a group that this clinician leads
 * @property {QueueEntry[]} entries of the queue, in the server's order
 * @property {number} entriesAtMs when the entries arrived
 * @property {{count: number, isRed: boolean} | null} fresh the entries when somebody new last came: how many; any new one red
 * @property {number} acceptSeq the seq of an acceptance that has no answer yet; 0: none
 * @property {string} withdrawnId the consultation whose patient has taken the consent back; its end has another text
 * @property {string} endingId the consultation that this clinician has just ended
 * @property {{id: string, to: string} | null} handing the consultation that is being handed over, and to whom
 * @property {{key: string, values?: Record<string, string>} | null} ended what was said of the last consultation that is over for
 *   this clinician
 * @property {News[]} news grave outcomes of patients treated before that were not looked at yet
 * @property {boolean} sound a very urgent patient shall be heard
 * @property {boolean} soundBlocked and the browser plays nothing before a touch
 * @property {Owed[]} owed the cases whose call is over and that wait for this clinician's answer
 */

/** @typedef {{consultation_id: string, outcome: string, site?: string}} News */
/** @typedef {{id: string, site: string, opened_at: number, urgency: string}} Owed */

/**
 * What happens to the page besides the messages of the server.
 * @typedef {{type: "begun"} | {type: "signed_in"} | {type: "signed_out"} | {type: "forgotten"} | {type: "status", online: boolean} |
 *   {type: "settled"} | {type: "accepting", seq: number} | {type: "refused", ref: number} | {type: "sound", on: boolean} | {type: "sound_blocked", is: boolean} |
 *   {type: "led", call: Consultation | null} | {type: "ending", id: string} | {type: "news", news: News[]} | {type: "read", id: string} | {type: "handing", handing: State["handing"]} | {type: "owed", lines: Owed[]}} PageMessage
 */

/** @typedef {{atMs: number}} Came when a message of the server came, on the clock of performance.now() */
/** @typedef {(ServerMessage & Came) | PageMessage} Message */

/** @type {State} */
export const START = {
    screen: "loading",
    begun: false,
    signedIn: false,
    online: false,
    name: "",
    participantId: "",
    onDuty: false,
    warm: false,
    consultation: null,
    leads: false,
    entries: [],
    entriesAtMs: 0,
    fresh: null,
    acceptSeq: 0,
    withdrawnId: "",
    endingId: "",
    handing: null,
    ended: null,
    news: [],
    sound: true,
    soundBlocked: false,
    owed: [],
};

/** @param {State} state @param {Message} message @returns {State} the same object: nothing changed */
export function reduce(state, message) {
    const next = taken(state, message);
    return next === state ? state : { ...next, screen: screenAfter(next) };
}

/** @param {State} state @returns {State["screen"]} */
function screenAfter({ screen, begun, signedIn, consultation, online }) {
    if (!begun && !signedIn) return screen;
    if (!signedIn) return "sign-in";
    if (consultation) return "call";
    // Without this, a reload in a call would show the queue until the server has sent the state.
    return online ? "queue" : screen;
}

/** @param {State} state @param {Message} message @returns {State} */
function taken(state, message) {
    switch (message.type) {
        case "welcome": {
            // In a new session, what the server does not send now no longer exists.
            const known = message.resumed ? {} : { onDuty: false, acceptSeq: 0 };
            return { ...state, ...known, participantId: message.participant_id, name: message.name };
        }
        case "duty":
            return message.on ? { ...state, onDuty: true, warm: true } : offDuty(state);
        case "queue":
            return queued(state, message.entries, message.atMs);
        case "consultation":
            return consulted({ ...state, acceptSeq: 0 }, message);
        case "consent_withdrawn":
            return { ...state, withdrawnId: message.consultation_id };
        case "begun":
            return { ...state, begun: true };
        case "signed_in":
            return { ...state, signedIn: true };
        case "signed_out":
            return { ...state, signedIn: false, owed: [] };
        case "forgotten":
            return offDuty({ ...state, signedIn: false, consultation: null, name: "", news: [], owed: [] });
        case "status":
            return message.online === state.online ? state : { ...state, online: message.online };
        case "settled":
            return cooled({ ...state, consultation: null, leads: false });
        case "accepting":
            return { ...state, acceptSeq: message.seq };
        case "refused":
            return message.ref === state.acceptSeq ? { ...state, acceptSeq: 0 } : state;
        case "sound":
            return { ...state, sound: message.on };
        case "case_news":
            return { ...state, news: [message, ...without(state.news, message.consultation_id)] };
        case "news":
            return { ...state, news: message.news };
        case "read":
            return { ...state, news: without(state.news, message.id) };
        case "ending":
            return { ...state, endingId: message.id };
        case "handing":
            return { ...state, handing: message.handing };
        case "sound_blocked":
            return message.is === state.soundBlocked ? state : { ...state, soundBlocked: message.is };
        case "owed":
            return { ...state, owed: message.lines };
        case "led":
            return led(state, message.call);
        default:
            return state;
    }
}

/** @param {News[]} news @param {string} id */
function without(news, id) {
    return news.filter((one) => one.consultation_id !== id);
}

/**
 * Ends duty; a call goes on, because a restarted server says first that nobody is on duty.
 * @param {State} state @returns {State}
 */
function offDuty(state) {
    return { ...state, onDuty: false, warm: state.consultation !== null, entries: [] };
}

/** Closes devices and leg while there is neither duty nor call. @param {State} state @returns {State} */
function cooled(state) {
    return state.onDuty ? state : offDuty(state);
}

/** @param {State} state @param {QueueEntry[]} entries @param {number} atMs @returns {State} */
function queued(state, entries, atMs) {
    const known = new Map(state.entries.map((entry) => [entry.consultation_id, entry.urgency]));
    // Somebody who waits may become very urgent meanwhile.
    const news = entries.filter(({ consultation_id: id, urgency }) => !known.has(id) || (urgency === "red" && known.get(id) !== "red"));
    const isRed = news.some((entry) => entry.urgency === "red");
    return { ...state, entries, entriesAtMs: atMs, fresh: news.length ? { count: entries.length, isRed } : state.fresh };
}

/** @param {State} state @param {Consultation} message @returns {State} */
function consulted(state, message) {
    const { consultation_id: id, participants, discreet } = message;
    const isMine = participants.some((one) => one.participant_id === state.participantId);
    const isOver = message.state === "closed" || message.state === "cancelled";
    if (isMine && !isOver) return { ...state, consultation: message, warm: true };
    if (state.consultation?.consultation_id !== id) return state; // the last message about an old consultation
    const byOther = discreet && id !== state.endingId;
    const why = id === state.withdrawnId ? "consent.withdrawn" : byOther ? "ended.discreet" : "ended.title";
    return cooled({ ...state, consultation: null, handing: null, ended: isOver ? { key: why } : gone(state, id) });
}

/** Why this clinician is out of a consultation that goes on. @param {State} state @param {string} id */
function gone({ handing }, id) {
    return handing?.id === id ? { key: "handed.title", values: { to: handing.to } } : { key: "left.title" };
}

/** @param {State} state @param {Consultation | null} call null: the group is over @returns {State} */
function led(state, call) {
    const next = { ...state, consultation: call, leads: call !== null };
    return call ? { ...next, warm: true } : cooled(next);
}
