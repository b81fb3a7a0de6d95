/**
 * What every page with a call does alike. Owns: the session, the view of the call, the overlays and the link's bars,
 * and what of the server's messages goes to them. Must never decide which view is shown: a page does, in `render`,
 * which follows everything that has come.
 */

/** @import {ClientMessage, Consultation, ServerMessage} from "../signaling/messages.js" */
/** @import {Status} from "../signaling/protocol.js" */
/** @import {Ticket} from "../base/http.js" */

import { CallView } from "./view/call.js";
import { setPrice } from "./view/cost.js";
import { find } from "../base/dom.js";
import { confirm, notice, Overlays } from "../base/frame.js";
import { errorText } from "../base/i18n.js";
import { makeLink, showLink } from "./view/links.js";
import { Session } from "./session.js";

// After a welcome the whole state follows at once; a view that flickers in between would cut the sound.
const SETTLE_MS = 400;

/**
 * @typedef {object} PageHooks
 * @property {(ticket: Ticket) => void} [onTicket] the server knows us; the socket is about to open
 * @property {(isFirst: boolean) => void} onNew the server knows no earlier session: what it does not send now is no
 *   more; first: since the page was opened, so what was asked for meanwhile is on its way
 * @property {() => void} onSettled it has sent what it knows, and no consultation was in it
 * @property {() => Consultation | null} current the consultation that the page is about now
 * @property {(message: ServerMessage) => void} onMessage every one, after the parts that all pages have
 * @property {(ref: number) => void} onRefused the message of this seq was
 * @property {() => void} onSignedOut
 * @property {() => void} onDevices
 * @property {() => void} render
 */

export class CallPage {
    participantId = "";
    overlays = new Overlays();
    /** The bars of the own link. */
    link = makeLink();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #settling;

    /** @param {"station" | "clinician" | "mediator"} role @param {PageHooks} page */
    constructor(role, page) {
        this.page = page;
        this.session = new Session(role, {
            onTicket: (ticket) => page.onTicket?.(ticket),
            onMessage: (message) => this.#handle(message),
            onStatus: (status) => this.#status(status),
            onDevices: () => page.onDevices(),
            onSlots: (slots) => this.callView.setSlots(slots),
            onLeg: () => this.callView.legChanged(),
        });
        this.callView = new CallView(find("[data-call]", HTMLElement), this.session.media);
    }

    /** The socket is open, and the server has sent what it knows. */
    get settled() {
        return this.session.connection.status.state === "open" && this.#settling === undefined;
    }

    /** Once a second. */
    tick() {
        this.overlays.tick();
        this.callView.setServerAway(this.overlays.isAway);
    }

    /** What the buttons of every call do, for `onActions`. */
    get actions() {
        const { connection, devices } = this.session;
        return {
            mute: () => devices.setMuted(!devices.muted),
            camera: () => void devices.setCameraOff(!devices.cameraRests),
            devices: () => void devices.open(),
            withdraw: () => void this.#withdraw(),
            retry: () => connection.connect(),
            reload: () => location.reload(),
        };
    }

    /**
     * Asks before something final; what was asked about must still be there at the yes.
     * @param {Parameters<typeof confirm>[0]} question
     * @param {(consultationId: string) => ClientMessage} message what to send then
     */
    async askThenSend(question, message) {
        const id = this.page.current()?.consultation_id;
        const going = await confirm(question);
        if (going && id && this.page.current()?.consultation_id === id) this.session.send(message(id));
    }

    /** The patient no longer wants to be seen. */
    async #withdraw() {
        const caseId = this.page.current()?.consultation_id;
        if (!caseId) return;
        const { askWithdrawal } = await import("../cases/withdrawal.js");
        await askWithdrawal(caseId, () => this.page.current()?.consultation_id === caseId);
    }

    /** @param {ServerMessage} message */
    #handle(message) {
        if (message.type === "welcome") {
            const isFirst = this.participantId === "";
            this.participantId = message.participant_id;
            setPrice(message.data_price_per_gb ?? 0, message.data_currency ?? "");
            if (!message.resumed) this.#startAnew(isFirst);
        } else if (message.type === "consultation" || message.type === "group") {
            this.#settled();
        } else if (message.type === "link") {
            showLink(this.link, message.quality);
            this.callView.linkChanged(message);
        } else if (message.type === "rungs") {
            this.callView.linkChanged(message);
        } else if (message.type === "error") {
            this.#refused(message.code, message.ref ?? 0);
        }
        this.page.onMessage(message);
        this.page.render();
    }

    /** @param {boolean} isFirst */
    #startAnew(isFirst) {
        this.page.onNew(isFirst);
        this.#settled();
        this.#settling = setTimeout(() => {
            this.#settled();
            this.page.onSettled();
            this.page.render();
        }, SETTLE_MS);
    }

    #settled() {
        clearTimeout(this.#settling);
        this.#settling = undefined;
    }

    /** @param {string} code @param {number} ref */
    #refused(code, ref) {
        if (ref) this.page.onRefused(ref);
        // Legs are made again by themselves; people need not hear of it.
        if (!code.startsWith("offer_") && code !== "slow_down") notice(errorText(code));
    }

    /** @param {Status} status */
    #status(status) {
        if (status.state === "over") {
            if (status.code === "signed_out") this.page.onSignedOut();
            this.session.end();
        }
        this.overlays.set(status);
        this.callView.setServerAway(this.overlays.isAway);
        this.page.render();
    }
}
