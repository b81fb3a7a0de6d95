/**
 * The state of a mediator's page. Owns: the state, and how each message changes it. Must never touch the document, a clock
 * or the network. Must never know anything of a case: the server sends nothing of it.
 */

/** @import {Consultation, Invitation, Mediation, ServerMessage} from "../shared/signaling/messages.js" */

/** @typedef {{id: string, joined_at: number, minutes: number, language: string}} Owed a record that is still to be written */

/**
 * @typedef {object} State
 * @property {"loading" | "sign-in" | "desk" | "call"} screen
 * @property {boolean} begun the server has said who is signed in; before that, the page asks nobody to sign in
 * @property {boolean} signedIn
 * @property {boolean} online the socket is open
 * @property {string} name
 * @property {string} participantId
 * @property {boolean} onDuty
 * @property {boolean} soundBlocked the browser plays nothing before a touch
 * @property {Consultation | null} consultation the call
 * @property {Invitation[]} invitations not answered yet
 * @property {Owed[]} owed oldest first
 * @property {number} looks increases when the owed records may have changed: then ask the server
 * @property {number} ends how many calls have ended for this mediator
 * @property {string} endKey why the last call ended
 * @property {string} leavingId the consultation that this mediator is leaving
 * @property {string} withdrawnId the consultation whose patient has taken the consent back
 */

/**
 * What happens to the page besides the messages of the server.
 * @typedef {{type: "begun"} | {type: "signed_in"} | {type: "signed_out"} | {type: "status", online: boolean} | {type: "settled"} |
 *   {type: "answered", id: string} | {type: "leaving", id: string} | {type: "sound_blocked", is: boolean} | {type: "reported"} | {type: "owed", owed: Owed[]}} PageMessage
 */

/** @typedef {ServerMessage | PageMessage} Message */

/** @type {State} */
export const START = {
    screen: "loading",
    begun: false,
    signedIn: false,
    online: false,
    name: "",
    participantId: "",
    onDuty: false,
    soundBlocked: false,
    consultation: null,
    invitations: [],
    owed: [],
    looks: 0,
    ends: 0,
    endKey: "",
    leavingId: "",
    withdrawnId: "",
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
    // Without this, a reload in a call would show the desk until the server has sent the state.
    return online || screen !== "loading" ? "desk" : screen;
}

/** @param {State} state @param {Message} message @returns {State} */
function taken(state, message) {
    switch (message.type) {
        case "welcome":
            // In a new session the server sends the open invitations again.
            return { ...state, participantId: message.participant_id, name: message.name, invitations: message.resumed ? state.invitations : [] };
        case "duty":
            return { ...state, onDuty: message.on };
        case "invitation":
            return { ...state, invitations: placed(state.invitations, message) };
        case "mediation":
            return mediated(state, message);
        case "consultation":
            return consulted(state, message);
        case "consent_withdrawn":
            return { ...state, withdrawnId: message.consultation_id };
        case "leaving":
            return { ...state, leavingId: message.id };
        case "begun":
            return { ...state, begun: true };
        case "signed_in":
            return { ...state, signedIn: true, looks: state.looks + 1 };
        case "signed_out":
            return { ...state, signedIn: false };
        case "status":
            return message.online === state.online ? state : { ...state, online: message.online };
        case "settled":
            return { ...state, consultation: null };
        case "answered":
            return { ...state, invitations: without(state.invitations, message.id) };
        case "sound_blocked":
            return message.is === state.soundBlocked ? state : { ...state, soundBlocked: message.is };
        case "reported":
            return { ...state, looks: state.looks + 1 };
        case "owed":
            return { ...state, owed: message.owed };
        default:
            return state;
    }
}

/** @param {Invitation[]} invitations @param {Invitation} fresh replaces an older one with its id @returns {Invitation[]} */
function placed(invitations, fresh) {
    const isKnown = invitations.some((one) => one.invitation_id === fresh.invitation_id);
    return isKnown ? invitations.map((one) => (one.invitation_id === fresh.invitation_id ? fresh : one)) : [...invitations, fresh];
}

/** @param {Invitation[]} invitations @param {string} id */
function without(invitations, id) {
    return invitations.filter((one) => one.invitation_id !== id);
}

/** @param {State} state @param {Mediation} mediation @returns {State} */
function mediated(state, { state: now, invitation_id: id }) {
    const invitations = now === "invited" ? state.invitations : without(state.invitations, id);
    const isOver = now === "left" || now === "removed";
    return { ...state, invitations, looks: state.looks + Number(isOver) };
}

/** @param {State} state @param {Consultation} message @returns {State} */
function consulted(state, message) {
    const isMine = message.participants.some((one) => one.participant_id === state.participantId);
    const isOver = message.state === "closed" || message.state === "cancelled";
    if (isMine && !isOver) return { ...state, consultation: message };
    if (state.consultation?.consultation_id !== message.consultation_id) return state; // the last message about an old one
    return { ...state, consultation: null, ends: state.ends + 1, endKey: endKey(state, message.consultation_id, isOver), looks: state.looks + 1 };
}

/**
 * Why the call has ended for this mediator.
 * @param {State} state @param {string} id @param {boolean} isOver for everybody
 */
function endKey({ leavingId, withdrawnId }, id, isOver) {
    if (isOver) return id === withdrawnId ? "consent.withdrawn" : "ended.title";
    return id === leavingId ? "mediator.out.left" : "mediator.out.removed";
}
