/**
 * The view of a mediator's page, as plain values: texts are keys of the catalogs. Must never touch the document.
 */

/** @import {State} from "./state.js" */

/** @typedef {ReturnType<typeof view>} View */

/** @param {State} state */
export function view({ screen, name, participantId, onDuty, consultation, invitations, owed, soundBlocked }) {
    const report = owed[0] ?? null;
    return {
        screen,
        name,
        call: screen === "call" ? consultation : null,
        selfId: participantId,
        onDuty,
        dutyText: onDuty ? "duty.on" : "duty.off",
        asksForTouch: onDuty && soundBlocked,
        invitations,
        /** The record that is asked for. */
        report,
        /** The text while there is nothing to do; "": there is something to do. */
        idleText: invitations.length || report ? "" : onDuty ? "mediator.ready" : "mediator.off",
        /** How many invitations wait for an answer. */
        mark: invitations.length ? `! (${invitations.length}) ` : "",
    };
}
