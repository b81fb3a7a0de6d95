/**
 * Keeps a page's leg. Owns: when a leg is made, given up and made again, the messages about the leg, and the reports of
 * what it sends. Must never know a page, a device or a socket: messages leave by `send` and arrive by `handle`.
 */

/** @import {ClientMessage, ErrorMessage, IceServer, LegAnswer, LegState, SendParameters, Slots, ServerMessage, VideoParameters, Welcome} from "../../signaling/messages.js" */
/** @import {SlotMedia} from "./leg.js" */
/** @import {Kind} from "../devices/capture.js" */
/** @import {PathWatch} from "./pathwatch.js" */

import { Leg, RECEIVE_SLOTS } from "./leg.js";
import { SendReporter } from "./sendreport.js";

// An offer has 3 kB and takes more than a second at 20 kbit/s, so the time between retries grows fast.
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 15_000;
const LOOK_AT_STATS_MS = 1_000;

/**
 * blocked: messages reach the server, and no media does; it is tried again and again.
 * @typedef {"none" | "connecting" | "blocked" | "connected" | "disconnected"} LegCondition
 *
 * @typedef {object} LegCallbacks
 * @property {(message: ClientMessage) => number} send returns the seq of the message
 * @property {(slots: SlotMedia[]) => void} onSlots
 * @property {(condition: LegCondition) => void} onLeg
 * @property {(() => boolean) | undefined} awaitsAnswer whether the server has not answered a ping yet
 * @property {Readonly<Record<Kind, MediaStreamTrack | null>>} tracks what a new leg sends
 * @property {(video: VideoParameters) => Promise<boolean>} askCamera asks the camera for the picture to send; true: another
 *   picture than before
 */

export class LegKeeper {
    /** @type {LegCondition} */
    #condition = "none";
    /** @type {IceServer[]} */
    #iceServers = [];
    /** @type {Leg | null} */
    #leg = null;
    /** The seq of this leg's offer; `leg_answer` and `error` name it as `ref`. */
    #offerSeq = 0;
    #offeredMs = 0;
    /** Loaded with the first answer. @type {PathWatch | null} */
    #path = null;
    #wanted = false;
    #slotsWanted = RECEIVE_SLOTS;
    #online = false;
    #everWelcomed = false;
    /** The newest parameters. @type {SendParameters | null} */
    #sending = null;
    #retryMs = RETRY_FIRST_MS;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #retry;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #reporting;

    /**
     * @param {LegCallbacks} callbacks
     * @param {boolean} sendsTwice whether an ordinary leg can also send a second, small picture; a group's leg always can
     */
    constructor(callbacks, sendsTwice = false) {
        this.callbacks = callbacks;
        this.sendsTwice = sendsTwice;
    }

    get condition() {
        return this.#condition;
    }

    /** A leg is wanted from now on: it is made, and made again whenever it fails. */
    start() {
        this.#wanted = true;
        this.#makeIfWanted();
    }

    /**
     * Sets how many others this page can receive. Another number needs another offer and so another leg; ordinary calls
     * never change it.
     * @param {number} slots
     */
    wantSlots(slots) {
        if (this.#slotsWanted === slots) return;
        this.#slotsWanted = slots;
        if (!this.#wanted) return;
        this.stop();
        this.start();
    }

    /** The warm leg is no longer wanted. */
    stop() {
        this.#wanted = false;
        clearTimeout(this.#retry);
        this.#retry = undefined;
        this.#closeAtServer();
        this.#path?.forget();
        this.#say("none");
    }

    /**
     * Lets the first leg begin before the first welcome: its offer follows the hello.
     * @param {IceServer[]} iceServers
     */
    prepare(iceServers) {
        if (this.#everWelcomed) return;
        this.#iceServers = iceServers;
        this.setOnline(true);
    }

    /** @param {boolean} online whether an offer would reach the server now */
    setOnline(online) {
        this.#online = online;
        this.#makeIfWanted();
    }

    /** @param {ServerMessage} message ignored if it is about other parts */
    handle(message) {
        if (message.type === "welcome") this.#welcomed(message);
        else if (message.type === "ice_servers") this.#iceServers = message.ice_servers; // for the next leg: none ends for it
        else if (message.type === "leg_answer") void this.#answered(message).catch((error) => this.#broken(error));
        else if (message.type === "error") this.#refused(message);
        else if (message.type === "leg_state") this.#serverState(message);
        else if (message.type === "send_parameters") this.#parameters(message);
        else if (message.type === "slots") this.#slots(message);
    }

    /** The data channel of the present leg. @returns {RTCDataChannel | null} */
    get channel() {
        return this.#leg?.channel ?? null;
    }

    /** Whether the server has asked for the picture. */
    get sendsPicture() {
        return this.#leg?.sendsPicture ?? false;
    }

    /** @returns {Promise<RTCStatsReport | null>} */
    async stats() {
        return this.#leg ? this.#leg.stats() : null;
    }

    /** Sends another track, or none. @param {Kind} kind @param {MediaStreamTrack | null} track */
    async setTrack(kind, track) {
        try {
            await this.#leg?.setTrack(kind, track);
            if (kind === "video" && track) await this.#apply();
        } catch (error) {
            report(error);
        }
    }

    /** @param {Welcome} welcome */
    #welcomed({ ice_servers, resumed, leg_id }) {
        this.#iceServers = ice_servers ?? [];
        const leg = this.#leg;
        // In a resumed session, and in our first one, our offer may still be on its way. In a later new session it is lost.
        const valid = leg && (leg.id ? leg.id === leg_id : resumed || !this.#everWelcomed);
        this.#everWelcomed = true;
        if (leg && !valid) this.#giveUp();
    }

    #makeIfWanted() {
        if (this.#wanted && this.#online && !this.#leg && this.#retry === undefined) void this.#make();
    }

    async #make() {
        const slots = this.#slotsWanted;
        const leg = new Leg(this.#iceServers, (state) => {
            if (leg === this.#leg) this.#legState(state);
        }, () => this.#isAway, slots, this.sendsTwice || slots > RECEIVE_SLOTS);
        this.#leg = leg;
        this.#say("connecting");
        try {
            await leg.setTrack("audio", this.callbacks.tracks.audio);
            await leg.setTrack("video", this.callbacks.tracks.video);
            const sdp = await leg.offer();
            if (leg !== this.#leg) return; // stopped meanwhile
            this.#offeredMs = performance.now();
            this.#offerSeq = this.callbacks.send({ type: "leg_offer", sdp });
        } catch (error) {
            if (leg === this.#leg) this.#broken(error);
        }
    }

    /** @param {LegAnswer} message */
    async #answered({ leg_id, sdp, ref }) {
        // This answers an older offer, whose leg the newer offer has replaced at the server too.
        if (!this.#leg || ref !== this.#offerSeq) return;
        const leg = this.#leg;
        const answeredMs = performance.now();
        await leg.answer(leg_id, sdp);
        void this.#watch(leg, answeredMs - this.#offeredMs, answeredMs).catch(report);
    }

    /** Looks whether media passes at all. @param {Leg} leg @param {number} tookMs from its offer to the answer @param {number} answeredMs */
    async #watch(leg, tookMs, answeredMs) {
        const { PathWatch } = await import("./pathwatch.js");
        const { send } = this.callbacks;
        this.#path ??= new PathWatch({ send, isAway: () => this.#isAway, onBlocked: () => this.#say("blocked") });
        if (leg === this.#leg && leg.connection.connectionState !== "connected") this.#path.answered(leg, tookMs, answeredMs);
    }

    /** @param {ErrorMessage} message */
    #refused({ ref }) {
        if (this.#leg && !this.#leg.id && ref === this.#offerSeq) this.#again();
    }

    /** @param {LegState} message */
    #serverState({ leg_id, state }) {
        // The server has given the leg up, so waiting is useless.
        if (leg_id === this.#leg?.id && (state === "failed" || state === "closed")) this.#again();
    }

    /** @param {SendParameters} message */
    #parameters(message) {
        if (!this.#leg || message.leg_id !== this.#leg.id) return;
        this.#sending = message;
        void this.#apply().catch(report);
    }

    /**
     * Applies the newest parameters: first to the voice, because the camera may be slow. A camera picture of another size
     * needs another scale, so then the parameters are applied again.
     */
    async #apply() {
        const message = this.#sending;
        if (!message || message.leg_id !== this.#leg?.id) return;
        await this.#leg.apply(message);
        // Newer parameters that arrived meanwhile ask the camera themselves; these older ones would undo that.
        if (message !== this.#sending) return;
        if (message.video.active && (await this.callbacks.askCamera(message.video))) await this.#apply();
    }

    /** @param {Slots} message */
    #slots({ leg_id, slots }) {
        if (!this.#leg || leg_id !== this.#leg.id) return;
        void this.#leg.useSlots(slots).catch(report);
        this.callbacks.onSlots(this.#leg.slotMedia(slots));
    }

    /** @param {"connecting" | "connected" | "disconnected" | "failed"} state */
    #legState(state) {
        if (state === "failed") {
            this.#again();
            return;
        }
        if (state === "connected") {
            this.#path?.connected(this.#leg);
            this.#retryMs = RETRY_FIRST_MS;
            this.#report();
        }
        this.#say(state);
        if (state === "disconnected" && this.#leg) this.#path?.lost(this.#leg);
    }

    /** Nothing at all reaches the server. */
    get #isAway() {
        return !this.#online || Boolean(this.callbacks.awaitsAnswer?.());
    }

    /** Reports the estimate of this leg's congestion control to the server at intervals. */
    #report() {
        const leg = this.#leg;
        const reporter = new SendReporter();
        clearInterval(this.#reporting);
        this.#reporting = setInterval(async () => {
            if (!leg || leg !== this.#leg || !leg.id || !this.#online || !leg.sends) return;
            const message = reporter.read(leg.id, await leg.stats(), performance.now(), leg.division);
            if (message && leg === this.#leg) this.callbacks.send(message);
        }, LOOK_AT_STATS_MS);
    }

    /** @param {unknown} error */
    #broken(error) {
        report(error);
        this.#again();
    }

    /** Closes the leg and offers a new one after a pause. */
    #again() {
        this.#closeAtServer();
        if (!this.#wanted) return;
        this.#say("disconnected");
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => {
            this.#retry = undefined;
            this.#makeIfWanted();
        }, this.#retryMs);
        this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
    }

    #closeAtServer() {
        const id = this.#leg?.id;
        this.#giveUp();
        if (id) this.callbacks.send({ type: "leg_close", leg_id: id });
    }

    #giveUp() {
        const leg = this.#leg;
        this.#leg = null;
        this.#offerSeq = 0;
        clearInterval(this.#reporting);
        this.#path?.stop();
        leg?.close();
        if (leg) this.callbacks.onSlots([]);
    }

    /** @param {LegCondition} condition */
    #say(condition) {
        // The tries that follow are the same to people until one succeeds.
        if (this.#path?.isBlocked && (condition === "connecting" || condition === "disconnected")) condition = "blocked";
        if (condition === this.#condition) return;
        this.#condition = condition;
        this.callbacks.onLeg(condition);
    }
}

/** Writes the name of a fault, never contents, to the developer's console. @param {unknown} error */
function report(error) {
    console.error("media:", error instanceof Error ? `${error.name}: ${error.message}` : "unknown fault");
}
