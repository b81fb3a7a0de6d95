/**
 * What all pages with a call do alike. Owns: the session, the view of the call, the overlays and the bars of the link, and
 * which of the server's messages go to them. Must never decide which view is shown: the page does, in `render`, which is
 * called after everything that happens.
 */

/** @import {ClientMessage, Consultation, LinkQuality, ServerMessage} from "../signaling/messages.js" */
/** @import {Status} from "../signaling/protocol.js" */
/** @import {Ticket} from "../base/http.js" */

import { CallView } from "./view/call.js";
import { setPrice } from "./view/cost.js";
import { find } from "../base/dom.js";
import { confirm, notice, Overlays } from "../base/frame.js";
import { errorText } from "../base/i18n.js";
import { makeLink, showLink } from "./view/links.js";
import { Session } from "./session.js";

// After a welcome the whole state follows at once; a view that changes in between would interrupt the sound.
const SETTLE_MS = 400;
/** @type {LinkQuality} */
const BLOCKED = { level: 0, rtt_ms: null, loss_ratio: null, down_kbps: null, up_kbps: null, blocked: true };

/**
 * @typedef {object} PageHooks
 * @property {(ticket: Ticket) => void} [onTicket] the server has accepted the sign-in; the socket opens next
 * @property {(isFirst: boolean) => void} onNew the server has no earlier session: what it does not send now no longer
 *   exists; first: the first session since the page was opened, so requests of this page may still be on their way
 * @property {() => void} onSettled the server has sent the whole state, without a consultation
 * @property {() => Consultation | null} current the consultation that the page is about now
 * @property {(message: ServerMessage) => void} onMessage every message, after the parts that all pages share
 * @property {(ref: number) => void} onRefused the server has refused the message with this seq
 * @property {() => void} onSignedOut
 * @property {() => void} onDevices
 * @property {() => void} [onLeg] the condition of the leg changed
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
            onLeg: () => this.#legChanged(),
        });
        this.callView = new CallView(find("[data-call]", HTMLElement), this.session.media);
    }

    /** Whether the socket is open and the server has sent the whole state. */
    get settled() {
        return this.session.connection.status.state === "open" && this.#settling === undefined;
    }

    /** What people are shown of the own link. @param {LinkQuality | null} measured @returns {LinkQuality | null} */
    ownLink(measured) {
        return this.isBlocked ? BLOCKED : measured;
    }

    /** The network here lets no media through. */
    get isBlocked() {
        return this.session.leg.condition === "blocked";
    }

    #legChanged() {
        document.body.dataset.path = this.isBlocked ? "blocked" : "";
        if (this.isBlocked) {
            showLink(this.link, BLOCKED);
            void import("./view/pathnote.js").then(({ showPathNotes }) => showPathNotes()).catch(() => undefined);
        }
        this.callView.legChanged();
        this.page.onLeg?.();
    }

    /** Call once a second. */
    tick() {
        this.overlays.tick();
        this.callView.setServerAway(this.overlays.isAway);
    }

    /** The actions of the buttons that every call has, for `onActions`. */
    get actions() {
        const { connection, devices } = this.session;
        return {
            mute: () => devices.pressMicrophone(),
            camera: () => devices.pressCamera(),
            devices: () => void devices.open(),
            withdraw: () => void this.#withdraw(),
            retry: () => connection.connect(),
            reload: () => location.reload(),
        };
    }

    /**
     * Asks before a final action, and sends the message after a yes if the consultation is still the same.
     * @param {Parameters<typeof confirm>[0]} question
     * @param {(consultationId: string) => ClientMessage} message the message to send
     */
    async askThenSend(question, message) {
        const id = this.page.current()?.consultation_id;
        const going = await confirm(question);
        if (going && id && this.page.current()?.consultation_id === id) this.session.send(message(id));
    }

    /** The patient takes the consent to be seen back. */
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
            showLink(this.link, this.ownLink(message.quality));
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
        // The page makes a new leg by itself; people need not know.
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
