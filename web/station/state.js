/**
 * The state of a station's page. Owns: the state, and how each message changes it. Must never touch the document, a clock
 * or the network: messages carry what the state needs of these. Must never keep what a patient said longer than the
 * request to which it belongs.
 */

/** @import {Consultation, LinkQuality, ServerMessage, Waiting} from "../shared/signaling/messages.js" */

/**
 * @typedef {object} State
 * @property {boolean} spoken the catalog of the chosen language has arrived
 * @property {boolean | null} enrolled null: not known yet
 * @property {boolean} online the socket is open
 * @property {boolean} settled the server has sent the whole state
 * @property {boolean} started the page has shown more than "one moment"
 * @property {string} name site and name of this station
 * @property {string} participantId
 * @property {Consultation | null} consultation also a group in which this station has a seat, as a call
 * @property {number} requestSeq the seq of a request that has no answer yet; 0: none
 * @property {number} refusedSeq the last request that was refused
 * @property {Waiting & Came | null} place in the queue; null: not known
 * @property {LinkQuality | null} quality of the own link
 * @property {boolean} ended the page shows the thanks after a call
 * @property {"" | "case" | "records"} beside what is open beside a consultation: a form, or the cases of this station
 * @property {string} lastCaseId
 * @property {string} agreedId the case whose patient has agreed on this page
 * @property {string} askedId the case whose patient this page has asked, whatever the answer
 * @property {string} photo the progress of the photos of the last case
 * @property {string} seatId the seat in a group session; "": none
 * @property {boolean} seated the host has let this seat in
 * @property {boolean} silenced the host has muted this seat, and only the host can end it
 * @property {{caseId: string} | null} exit the quick exit is shown, and ends this case ("": none yet)
 * @property {boolean} resting camera, microphone and leg are closed: nobody is here
 * @property {boolean} gone the page has turned into the leaflet of the quick exit
 */

/**
 * What happens to the page besides the messages of the server.
 * @typedef {{type: "spoken"} | {type: "status", online: boolean} | {type: "settled"} | {type: "ticket", name: string} |
 *   {type: "signed_out"} | {type: "touched"} | {type: "idle"} | {type: "home"} | {type: "gone"} |
 *   {type: "requested", seq: number, caseId?: string} | {type: "refused", ref: number} | {type: "agreed", caseId: string} |
 *   {type: "opened", beside: "case" | "records"} | {type: "left"} | {type: "discreet", on: boolean} |
 *   {type: "photo", text: string} | {type: "seat", seatId: string, call: Consultation | null, silenced?: boolean}} PageMessage
 */

/** @typedef {{atMs: number}} Came when a message of the server came, on the clock of performance.now() */
/** @typedef {(ServerMessage & Came) | PageMessage} Message */

/** @type {State} */
export const START = {
    spoken: false,
    enrolled: null,
    online: false,
    settled: false,
    started: false,
    name: "",
    participantId: "",
    consultation: null,
    requestSeq: 0,
    refusedSeq: 0,
    place: null,
    quality: null,
    ended: false,
    beside: "",
    lastCaseId: "",
    agreedId: "",
    askedId: "",
    photo: "",
    seatId: "",
    seated: false,
    silenced: false,
    exit: null,
    resting: false,
    gone: false,
};

/** @param {State} state @param {Message} message @returns {State} the same object: nothing changed */
export function reduce(state, message) {
    const next = taken(state, message);
    return next === state ? state : followed(next);
}

/** @param {State} state @returns {"loading" | "enrol" | "call" | "waiting" | "case" | "records" | "ended" | "home"} */
export function screenOf({ started, enrolled, consultation, beside, ended }) {
    if (!started) return "loading";
    if (!enrolled) return "enrol";
    if (consultation) return isCall(consultation) ? "call" : "waiting";
    return beside || (ended ? "ended" : "home");
}

/** @param {State} state @param {Message} message @returns {State} */
function taken(state, message) {
    switch (message.type) {
        case "welcome": {
            // A request that was sent before the first welcome is still on its way.
            const isOther = !message.resumed && state.participantId !== "";
            return { ...state, participantId: message.participant_id, requestSeq: isOther ? 0 : state.requestSeq };
        }
        case "consultation":
            return consulted({ ...state, requestSeq: 0, settled: true }, message);
        case "group":
            return { ...state, requestSeq: 0, settled: true };
        case "waiting":
            return { ...state, place: message };
        case "link":
            return { ...state, quality: message.quality };
        case "spoken":
            return { ...state, spoken: true };
        case "status":
            return message.online === state.online ? state : { ...state, online: message.online };
        case "settled":
            return { ...state, settled: true, consultation: null, seatId: "", seated: false, silenced: false };
        case "ticket":
            return { ...state, enrolled: true, resting: false, name: message.name };
        case "signed_out":
            return { ...state, enrolled: false };
        case "requested":
            return requested(state, message);
        case "refused":
            return message.ref === state.requestSeq ? unguarded({ ...state, requestSeq: 0, refusedSeq: message.ref }) : state;
        case "agreed":
            return { ...state, agreedId: message.caseId };
        case "opened":
            return { ...state, beside: message.beside, ended: false };
        case "left":
            return left(state);
        case "home":
            return { ...state, ended: false, exit: null };
        case "discreet":
            return { ...state, exit: message.on ? { caseId: "" } : null };
        case "photo":
            return { ...state, photo: message.text };
        case "seat":
            return seated(state, message);
        case "touched":
            return state.resting && state.enrolled && state.online ? { ...state, resting: false } : state;
        case "idle":
            return state.beside ? left(state) : rested(state);
        case "gone":
            return { ...state, gone: true };
        default:
            return state;
    }
}

/**
 * Adds what follows from the new state: whether the page has started, and whether it may rest.
 * @param {State} state @returns {State}
 */
function followed(state) {
    const { spoken, enrolled, online, settled, consultation } = state;
    // A page that is reloaded in a call shows the call at once, and not its home first.
    const started = state.started || (spoken && enrolled !== null && (!enrolled || (online && settled) || consultation !== null));
    const screen = screenOf({ ...state, started });
    return { ...state, started, resting: state.resting && screen !== "waiting" && screen !== "call" };
}

/** @param {State} state @param {{seq: number, caseId?: string}} request `caseId`: its patient has agreed @returns {State} */
function requested(state, { seq, caseId }) {
    const asked = { ...state, requestSeq: seq, resting: false };
    // The quick exit stays until the server answers, and ends this case.
    return caseId ? { ...asked, agreedId: caseId, exit: state.exit && { caseId } } : asked;
}

/** @param {State} state @param {Consultation} message @returns {State} */
function consulted(state, message) {
    const { consultation_id: id, state: now, discreet } = message;
    const isKnown = state.consultation?.consultation_id === id;
    const exit = discreet ? { caseId: id } : null;
    if (now === "closed" || now === "cancelled") {
        if (!isKnown) return state; // the last message about an old consultation
        const ended = state.ended || (state.consultation !== null && isCall(state.consultation));
        // The quick exit stays as long as something of the case is on the screen.
        return { ...state, consultation: null, ended, place: null, exit };
    }
    const mustAsk = !isCall(message) && state.agreedId !== id && state.askedId !== id;
    return {
        ...state, consultation: message, lastCaseId: id, beside: "", exit,
        place: isKnown ? state.place : null, askedId: mustAsk ? id : state.askedId,
    };
}

/** @param {State} state @param {{seatId: string, call: Consultation | null, silenced?: boolean}} seat `call`: null in the lobby @returns {State} */
function seated(state, { seatId, call, silenced = false }) {
    if (!seatId) return left({ ...state, seatId, seated: false, silenced: false, consultation: null });
    if (!call) return { ...state, seatId, beside: "case" };
    const entered = state.seated ? state : left(state);
    return { ...entered, seatId, seated: true, silenced, consultation: call };
}

/** Clears what the screen of a kiosk shows of a patient. @param {State} state @returns {State} */
function left(state) {
    const closed = { ...state, beside: /** @type {const} */ ("") };
    return state.requestSeq ? closed : unguarded(closed);
}

/** Takes the quick exit away if there is no consultation. @param {State} state @returns {State} */
function unguarded(state) {
    return state.consultation ? state : { ...state, exit: null };
}

/** @param {State} state @returns {State} */
function rested(state) {
    const screen = screenOf(state);
    return state.resting || (screen !== "home" && screen !== "ended") ? state : { ...state, resting: true, quality: null };
}

/** @param {Consultation} one */
function isCall({ state }) {
    return state === "accepted" || state === "in_call" || state === "interrupted";
}
