/**
 * What a station's page shows besides a patient and a doctor: a seat in a group, mediators, the list of participants, the
 * quick exit. Owns: these, from the moment when the first of them is needed. Must never be part of a first visit: the page
 * loads it late.
 */

/** @import {CallPage} from "../../shared/call/callpage.js" */
/** @import {ConsentWanted, Group, GroupSeat, InviteMediator, Mediation} from "../../shared/signaling/messages.js" */
/** @import {Store} from "../../shared/base/store.js" */
/** @import {Message, State} from "../state.js" */
/** @import {Seat} from "./groupseat.js" */

import { find } from "../../shared/base/dom.js";
import { notice } from "../../shared/base/frame.js";
import { asCall, ready } from "../../shared/call/together/groupcall.js";
import { codeOf } from "../../shared/base/http.js";
import { alsoSay, errorText, t } from "../../shared/base/i18n.js";
import { GROUP_SLOTS, RECEIVE_SLOTS } from "../../shared/call/link/leg.js";
import { mediationChanged, openMediators } from "../../shared/call/together/mediators.js";
import { PresenceList } from "../../shared/call/together/presence.js";
import { arm, disarm } from "./quickexit.js";
import { askSeat, showLobby } from "./groupseat.js";
import { START } from "../state.js";
import { view } from "../view.js";

export class Together {
    #presence = new PresenceList();
    /** The last seat that was requested. @type {{seq: number, seat: Seat} | null} */
    #asked = null;
    /**
     * The seat with the pseudonym that this page gave. A restarted server does not know it: no pseudonym is on its disk.
     */
    #seat = { id: "", pseudonym: "" };

    /** @param {CallPage} page @param {Store<State, Message>} store @param {() => void} goHome */
    constructor(page, store, goHome) {
        this.page = page;
        this.store = store;
        this.goHome = goHome;
        this.box = find("[data-case]", HTMLElement);
        store.subscribe((state, before) => this.#follow(state, before));
        this.#follow(store.state, START);
    }

    /** @param {Group | Mediation | ConsentWanted} message */
    handle(message) {
        if (message.type === "mediation") void mediationChanged(message);
        else if (message.type === "consent_wanted") void this.#wanted(message);
        else void this.#group(message);
    }

    openMediators() {
        void openMediators(() => this.store.state.consultation, (message) => {
            if (message.type === "invite_mediator") void this.#invite(message);
            else this.page.session.send(message);
        });
    }

    /** The doctor wants a mediator: ask the patient. @param {ConsentWanted} message */
    async #wanted({ consultation_id, mediator_id, name, asked_by }) {
        await alsoSay("together");
        const why = t("mediators.wanted", { who: asked_by, name });
        await this.#invite({ type: "invite_mediator", consultation_id, mediator_id }, why);
    }

    /** Invites a mediator after the patient has agreed. @param {InviteMediator} invitation @param {string} [why] */
    async #invite(invitation, why) {
        const isCurrent = () => this.store.state.consultation?.consultation_id === invitation.consultation_id;
        try {
            const { askForThird } = await import("../cases/referralconsent.js");
            if (!isCurrent() || !(await askForThird(invitation.consultation_id, why)) || !isCurrent()) return;
            this.page.session.send(invitation);
            // The question has replaced the list from which it was opened.
            if (!why && !document.querySelector("[data-case-panel]")) this.openMediators();
        } catch (problem) {
            notice(errorText(codeOf(problem, "server_away")));
        }
    }

    /** @param {Seat | null} [known] a seat that was just refused */
    async takeSeat(known = null) {
        this.store.dispatch({ type: "opened", beside: "case" });
        const seat = await askSeat(this.box, known);
        this.store.dispatch({ type: "left" });
        if (!seat) return;
        const { seatId, code, pseudonym } = seat;
        const seq = this.page.session.send({ type: "ask_seat", seat_id: seatId, code, pseudonym });
        this.#asked = { seq, seat };
        this.store.dispatch({ type: "requested", seq });
    }

    /** Tells a participant who wants to speak why that is not possible. */
    sayWhySilent() {
        notice(t("group.silenced.you"));
    }

    /** @param {State} state @param {State} before */
    #follow(state, before) {
        if (state.gone) return;
        const { listed, selfId } = view(state);
        this.#presence.show(listed, selfId);
        if (state.exit !== before.exit) {
            if (state.exit) void arm(state.exit.caseId, () => this.#stop());
            else disarm();
        }
        // The seat was refused (somebody has just taken this pseudonym): keep what was typed and agreed to.
        if (state.refusedSeq !== before.refusedSeq && state.refusedSeq === this.#asked?.seq) void this.takeSeat(this.#asked.seat);
        if (state.seated === before.seated) return;
        const { devices, leg } = this.page.session;
        document.body.classList.toggle("in-group", state.seated);
        leg.wantSlots(state.seated ? GROUP_SLOTS : RECEIVE_SLOTS);
        // A participant is seen only by an own choice.
        if (state.seated) void devices.setCameraOff(true);
    }

    /** Tells the server the own pseudonym once, if the server has another one. @param {GroupSeat} own */
    #sayPseudonym({ seat_id, pseudonym }) {
        const known = this.#seat;
        this.#seat = { id: seat_id, pseudonym };
        if (known.id !== seat_id || known.pseudonym === pseudonym) return;
        this.page.session.send({ type: "ask_seat", seat_id, code: "", pseudonym: known.pseudonym });
    }

    /** Ends everything on this page; only the leaflet stays. */
    #stop() {
        this.store.dispatch({ type: "gone" });
        this.#presence.show(null, "");
        this.page.session.end();
    }

    /** @param {Group} group as a seat sees it */
    async #group(group) {
        await ready();
        const { devices } = this.page.session;
        const own = group.seats.find(({ seat_id }) => seat_id === group.own_seat);
        if (!group.open || !own) {
            // Going home hides the notice, so show this one afterwards.
            const said = this.store.state.seatId && t(`group.out.${group.why ?? "over"}`);
            this.store.dispatch({ type: "seat", seatId: "", call: null });
            this.goHome();
            if (said) notice(said);
            return;
        }
        this.#sayPseudonym(own);
        // The call has the id of the seat, whose agreement can be taken back like any other.
        const call = own.admitted ? asCall(group, own.seat_id) : null;
        const wasSilenced = this.store.state.silenced;
        const silenced = Boolean(own.silenced);
        this.store.dispatch({ type: "seat", seatId: own.seat_id, call, silenced });
        if (silenced && !devices.muted) devices.setMuted(true);
        if (silenced !== wasSilenced) notice(t(silenced ? "group.silenced.you" : "group.spoken.you"));
        if (!call) await showLobby(this.box, () => this.page.session.send({ type: "leave_group" }));
    }
}
