/**
 * The view of a station's page, as plain values: texts are keys of the catalogs. Must never touch the document.
 */

/** @import {Waiting} from "../shared/signaling/messages.js" */
/** @import {State} from "./state.js" */

import { screenOf } from "./state.js";

// A longer row of icons tells no more than the number beside it.
const MOST_DRAWN = 8;

// The question before ending differs: a group goes on without one of its participants.
const END = { title: "end.title", text: "end.text", yes: "end.yes", no: "end.no", icon: "hang-up" };
const LEAVE_GROUP = { title: "end.seat.title", text: "end.seat.text", yes: "end.yes.leave", no: "end.no", icon: "leave" };

/** @typedef {{key: string, count?: number, clocks?: Record<string, number>, names?: Record<string, string>}} Text `clocks`: seconds */
/** @typedef {ReturnType<typeof view>} View */

/** @param {State} state */
export function view(state) {
    const { consultation, name, photo, place, quality, resting, seatId } = state;
    const screen = screenOf(state);
    const call = screen === "call" ? consultation : null;
    const hasAgreed = consultation !== null && state.agreedId === consultation.consultation_id;
    return {
        screen,
        name,
        quality,
        photo,
        canRequest: state.requestSeq === 0,
        /** Whether a form or the cases are open. */
        isBeside: state.beside !== "",
        call,
        /** The call whose participants are listed beside it. */
        listed: call && (seatId || call.discreet || call.participants.length > 2) ? call : null,
        selfId: seatId || state.participantId,
        endQuestion: seatId ? LEAVE_GROUP : END,
        endButton: seatId ? { key: "call.leave", picture: "leave" } : { key: "call.end", picture: "hang-up" },
        urgency: consultation?.urgency ?? null,
        canAgree: consultation !== null && !hasAgreed,
        canWithdraw: hasAgreed,
        waiting: waitingRoom(place, consultation?.urgency ?? null),
        place,
        showsDevices: screen === "home" || screen === "waiting",
        canWake: resting,
        isAwake: state.enrolled === true && !resting,
    };
}

/** @param {Waiting | null} waiting null: the place in the queue is not known yet @param {string | null} urgency */
function waitingRoom(waiting, urgency) {
    const position = waiting?.position ?? 0;
    const onDuty = waiting?.on_duty ?? 0;
    return {
        position,
        title: titleKey(waiting),
        drawn: Math.min(position, MOST_DRAWN),
        before: placeText(position, onDuty),
        onDuty: dutyText(waiting),
        expected: waiting ? expectedTexts(waiting, urgency === "red") : [],
    };
}

/** The title; it promises a clinician only if one can come. @param {Waiting | null} waiting */
function titleKey(waiting) {
    if (!waiting) return "waiting.title.sent";
    return waiting.on_duty ? "waiting.title" : "waiting.title.nobody";
}

/** @param {Waiting | null} waiting @returns {Text} */
function dutyText(waiting) {
    if (!waiting) return { key: "waiting.unknown" };
    return waiting.on_duty ? { key: "waiting.on_duty", count: waiting.on_duty } : { key: "waiting.nobody" };
}

/** @param {number} position from 1; 0: not known @param {number} onDuty @returns {Text} */
function placeText(position, onDuty) {
    if (position === 0) return { key: "waiting.unknown" };
    if (position > 1) return { key: "waiting.before", count: position - 1 };
    return { key: onDuty ? "waiting.first" : "waiting.first.kept" };
}

/**
 * What is known of the wait, and how many clinicians are asked.
 * @param {Waiting} waiting @param {boolean} isRed @returns {Text[]}
 */
function expectedTexts(waiting, isRed) {
    const { expected_median_s: median, expected_low_s: low, expected_high_s: high, next_on_duty_in_s: next, widened } = waiting;
    const isKnown = median !== undefined && low !== undefined && high !== undefined;
    /** @type {Text[]} */
    const texts = [isKnown ? { key: "wait.expected", clocks: { median, low, high } } : { key: "wait.unknown" }];
    if (next !== undefined && next > 0) texts.push({ key: "wait.next", clocks: { time: next } });
    texts.unshift(...handedOver(waiting));
    if (!waiting.on_duty) texts.push({ key: "wait.nobody" });
    // A very urgent case is offered to all at once, without regard to wishes.
    const how = isRed && widened !== "anybody" && widened !== "alarm" ? "red" : widened ?? "matching";
    if (widened === "alarm" || waiting.on_duty) texts.push(howAsked(how, waiting));
    return texts;
}

/** Who has handed this patient over to whom. @param {Waiting} waiting @returns {Text[]} */
function handedOver({ handed_over_by: by = "", handed_over_to: to = "" }) {
    if (!by) return [];
    return [to ? { key: "wait.handed_to", names: { by, to } } : { key: "wait.handed_on", names: { by } }];
}

/** @param {string} how @param {Waiting} waiting @returns {Text} */
function howAsked(how, { handed_over_to: to = "" }) {
    // After a hand-over, the clinician who is asked first does not know the patient.
    return how === "first" && to ? { key: "wait.handed_first", names: { to } } : { key: `wait.${how}` };
}
