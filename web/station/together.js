/**
 * What a station's page shows beside a patient and a doctor: a seat in a group, mediators, who is there, the way out.
 * Owns: these, from the moment the first of them is needed. Must never weigh on a first visit: the page loads it late.
 */

/** @import {CallPage} from "../shared/call/callpage.js" */
/** @import {Consultation, Group, ServerMessage} from "../shared/signaling/messages.js" */

import { find } from "../shared/base/dom.js";
import { notice } from "../shared/base/frame.js";
import { asCall, ready } from "../shared/call/together/groupcall.js";
import { t } from "../shared/base/i18n.js";
import { GROUP_SLOTS, RECEIVE_SLOTS } from "../shared/call/link/leg.js";
import { mediationChanged, openMediators } from "../shared/call/together/mediators.js";
import { mustBeSeen, PresenceList } from "../shared/call/together/presence.js";
import { arm, disarm, isArmed } from "./quickexit.js";
import { askSeat, showLobby } from "./groupseat.js";

/**
 * @typedef {object} Ways what the page does for it
 * @property {() => Consultation | null} current
 * @property {(consultation: Consultation | null) => void} show a group as a call; null: there is none
 * @property {() => void} beside the box of forms is shown
 * @property {() => void} leaveBeside
 * @property {() => void} home
 * @property {(seq: number) => void} asked a message was sent whose answer is waited for
 * @property {() => void} stop the page has turned into the leaflet: nothing is drawn any more
 */

export class Together {
    /** The seat in a group session; "": none. */
    seatId = "";
    #presence = new PresenceList();

    /** @param {CallPage} page @param {Ways} ways */
    constructor(page, ways) {
        this.page = page;
        this.ways = ways;
        this.box = find("[data-case]", HTMLElement);
    }

    /** @param {ServerMessage} message */
    handle(message) {
        if (message.type === "mediation") void mediationChanged(message);
        else if (message.type === "group") void this.#group(message);
    }

    /** Whether there is a way out on the screen. */
    get isArmed() {
        return isArmed();
    }

    openMediators() {
        void openMediators(this.ways.current, (message) => this.page.session.send(message));
    }

    async takeSeat() {
        this.ways.beside();
        const seat = await askSeat(this.box);
        this.ways.leaveBeside();
        if (!seat) return;
        const { seatId, code, pseudonym } = seat;
        this.ways.asked(this.page.session.send({ type: "ask_seat", seat_id: seatId, code, pseudonym }));
    }

    /** @param {Consultation | null} call what is on the screen */
    showPresence(call) {
        const seen = call && (this.seatId || mustBeSeen(call)) ? call : null;
        this.#presence.show(seen, this.seatId || this.page.participantId);
    }

    /**
     * A way out while there is something to run from.
     * @param {string} caseId "" while there is none yet @param {boolean} discreet
     */
    guard(caseId, discreet) {
        if (discreet) void arm(caseId, () => this.#stop());
        else disarm();
    }

    /** Nothing of this page is left but the leaflet. */
    #stop() {
        this.ways.stop();
        this.#presence.show(null, "");
        this.page.session.end();
    }

    /** @param {Group} group what a seat is told of it */
    async #group(group) {
        await ready();
        const { devices, leg } = this.page.session;
        const own = group.seats.find(({ seat_id }) => seat_id === group.own_seat);
        if (!group.open || !own) {
            if (this.seatId) notice(t("group.over"));
            this.seatId = "";
            document.body.classList.remove("in-group");
            leg.wantSlots(RECEIVE_SLOTS);
            this.ways.show(null);
            this.ways.leaveBeside();
            this.ways.home();
            return;
        }
        const entered = own.admitted && !document.body.classList.contains("in-group");
        this.seatId = own.seat_id;
        if (entered) {
            document.body.classList.add("in-group");
            leg.wantSlots(GROUP_SLOTS);
            // Nobody is seen who has not chosen to be.
            void devices.setCameraOff(true);
            this.ways.leaveBeside();
        }
        if (own.silenced && !devices.muted) devices.setMuted(true);
        if (own.admitted) {
            // Its id is the seat's, whose agreement can be taken back like any other.
            this.ways.show(asCall(group, own.seat_id));
            return;
        }
        this.ways.beside();
        await showLobby(this.box, () => this.page.session.send({ type: "leave_group" }));
    }
}
