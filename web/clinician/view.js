/**
 * The view of a clinician's page, as plain values: texts are keys of the catalogs. Must never touch the document.
 */

/** @import {State} from "./state.js" */

// The questions before ending: a group ends with its host; a patient whom a clinician leaves waits again.
const END = { title: "end.title", text: "end.text", yes: "end.yes", no: "end.no", icon: "hang-up" };
const LEAVE = { title: "leave.title", text: "leave.text", yes: "leave.yes", no: "leave.no", icon: "leave" };
const END_GROUP = { title: "end.group.title", text: "end.group.text", yes: "end.yes", no: "end.no", icon: "hang-up" };

/** @typedef {ReturnType<typeof view>} View */

/** @param {State} state */
export function view(state) {
    const { screen, name, participantId, onDuty, entries, entriesAtMs, acceptSeq, sound, leads } = state;
    const hasRed = entries.some(({ urgency }) => urgency === "red");
    const call = screen === "call" ? state.consultation : null;
    return {
        screen,
        name,
        call,
        /** The call whose participants are listed beside it; the panel of a host shows them already. */
        listed: call && !leads && (call.discreet || call.participants.length > 2) ? call : null,
        selfId: participantId,
        onDuty,
        dutyText: onDuty ? "duty.on" : "duty.off",
        entries,
        entriesAtMs,
        isEmpty: entries.length === 0,
        /** Why no queue is shown; "": the queue is shown. */
        emptyText: onDuty ? "queue.empty" : "queue.off_duty",
        showsEmpty: !onDuty || entries.length === 0,
        canAccept: acceptSeq === 0,
        /** The number of waiting patients; red ones are marked. */
        mark: entries.length ? `${hasRed ? "! " : ""}(${entries.length}) ` : "",
        /** What the title says before the name of the page; "": nothing. */
        titleText: hasRed ? "urgency.red" : "",
        /** How many grave outcomes wait to be looked at. */
        news: state.news.length,
        /** What a screen reader says about the present queue; an empty key: nobody has been in it yet. */
        announced: announced(state),
        sound,
        /** The bell rings when it must. */
        rings: sound && !(onDuty && state.soundBlocked),
        asksForTouch: onDuty && sound && state.soundBlocked,
        endQuestion: leads ? END_GROUP : END,
        /** A host cannot leave without ending the group. */
        canLeave: !leads,
        leaveQuestion: LEAVE,
        /** Cases that wait for an answer, the oldest first: who was longest without one. */
        owed: [...state.owed].sort((one, other) => one.opened_at - other.opened_at),
        showsDevices: screen === "queue",
    };
}

/** @param {State} state */
function announced({ onDuty, fresh, entries }) {
    if (!onDuty || !fresh) return { key: "", count: 0 };
    return entries.length ? { key: "queue.announce", count: entries.length } : { key: "queue.announce.none", count: 0 };
}
