/**
 * One WebRTC leg of this page to the server: one RTCPeerConnection, one offer. Owns: the m-lines (own audio, own video,
 * receive slots, data channel), the answer, the media of each receive slot, and the end of the connection. Must never know
 * a page or a socket. The page sends no SDP after the first offer.
 */

/** @import {IceServer, SendParameters, Slot} from "../../signaling/messages.js" */
/** @import {Kind} from "../devices/capture.js" */

import { offerForwarded } from "./codecs.js";
import { HeldAnswer } from "./heldanswer.js";
import { editSlots } from "./sdp.js";
import { SendControl } from "./sender.js";

// Three others: doctor, mediator and a second opinion.
export const RECEIVE_SLOTS = 3;
// The others in a group of eight: a voice without a slot would not be heard (media/engine/relay/rooms.py).
export const GROUP_SLOTS = 7;
// After this time the socket knows whether the link is away (a ping without an answer for 15 s, protocol.js). Chromium
// calls a leg failed 10 s after it was disconnected, when the ping may still be answered.
const DISCONNECTED_FOR_MS = 18_000;
// How often to look again while the link is away. A leg may take this long to come back after the link.
const LOOK_AGAIN_MS = 4_000;
// ICE and DTLS take eight round trips, more with loss: 8.5 s at a round-trip time of 600 ms and 5 % loss.
const CONNECT_WITHIN_MS = 60_000;

// Probe clusters measure the uplink for the server (media/core/probe/uplinkprobe.py). On a warm leg a cluster has three
// messages of 600 bytes: a few clusters soon, then one every half minute. While only voice flows, a cluster has two small
// messages, so that voice hardly waits for it (40 ms at 32 kbit/s); that is enough to notice that a link has recovered. A
// picture measures more than a cluster, so beside a picture there is none.
const PROBE_KIND = 0x70;
const PROBE_TICK_MS = 800;
// The server's order to send as little as possible at once (media/core/quality/picture/videohold.py).
const HOLD_KIND = 0x71;
// The server's request for another cluster, after one that measured far more than those before (uplinkprobe.py).
const AGAIN_KIND = 0x72;
const WARM_CLUSTER = { messages: 3, bytes: 600, waitsMs: [800, 3_000, 3_000, 30_000] };
const CALL_CLUSTER = { messages: 2, bytes: 60, waitsMs: [4_000] };

/**
 * @typedef {object} SlotMedia
 * @property {number} index
 * @property {string | null} participantId
 * @property {RTCRtpReceiver} audio
 * @property {RTCRtpReceiver} video
 */

export class Leg {
    /** @type {string | null} */
    id = null;
    /** @type {HeldAnswer} */
    #held;
    /** @type {SendControl} */
    #control;
    /** The second, small encoding of the picture. @type {RTCRtpSender | null} */
    #low = null;
    /** Audio and video of the first receive slot. @type {RTCRtpTransceiver[]} */
    #firstSlot = [];
    /** The mids of the slots that carry somebody. @type {string[]} */
    #used = [];
    /** @type {Promise<void> | null} settles when the answer is in force */
    #answered = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #deadline;
    #closed = false;
    #clusters = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #probing;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #listening;

    /**
     * @param {IceServer[]} iceServers
     * @param {(state: "connecting" | "connected" | "disconnected" | "failed") => void} onState
     *   not called again after `failed`
     * @param {() => boolean} isLinkAway whether the server cannot be reached at all: a new leg would not reach it
     *   either, and the server keeps its side of this leg for three minutes
     * @param {number} slots how many others the leg can receive
     * @param {boolean} twice whether the leg can send its picture twice, large and small
     */
    constructor(iceServers, onState, isLinkAway, slots = RECEIVE_SLOTS, twice = false) {
        this.onState = onState;
        this.isLinkAway = isLinkAway;
        this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
        /** @type {RTCRtpTransceiverInit} */
        const own = { direction: "sendonly", sendEncodings: [{ active: false }] };
        /** @type {Record<Kind, RTCRtpSender>} */
        this.senders = {
            audio: this.connection.addTransceiver("audio", own).sender,
            video: this.connection.addTransceiver("video", own).sender,
        };
        this.#held = new HeldAnswer(this.connection);
        for (let slot = 0; slot < slots; slot += 1) {
            const audio = this.connection.addTransceiver("audio", { direction: "recvonly" });
            const video = this.connection.addTransceiver("video", { direction: "recvonly" });
            if (slot === 0) this.#firstSlot = [audio, video];
        }
        // The second picture costs 100 bytes of a compressed offer.
        const low = twice ? this.connection.addTransceiver("video", own).sender : null;
        this.#low = low;
        this.#control = new SendControl(this.connection, this.senders.audio, this.senders.video, this.#held, low);
        for (const transceiver of this.connection.getTransceivers()) offerForwarded(transceiver);
        this.channel = this.connection.createDataChannel("keneya", { negotiated: true, id: 0 });
        // Lost probe messages are not retransmitted: that would delay the other messages and falsify the measurement.
        this.probes = this.connection.createDataChannel("probe", { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 });
        this.probes.binaryType = "arraybuffer";
        this.probes.addEventListener("message", (event) => this.#ordered(event.data));
        this.probes.addEventListener("open", () => this.#probeLater(performance.now()));
        this.connection.onconnectionstatechange = () => this.#stateChanged();
        this.#failAfter(CONNECT_WITHIN_MS);
    }

    /** @returns {Promise<string>} the SDP to send, without candidates: the server learns our addresses by STUN */
    async offer() {
        const offer = await this.connection.createOffer();
        await this.connection.setLocalDescription(offer);
        return offer.sdp ?? "";
    }

    /** @param {string} legId @param {string} sdp */
    async answer(legId, sdp) {
        this.id = legId;
        this.#answered = this.#held.hold(sdp, this.#slotsInForce);
        await this.#answered;
    }

    /** @param {SendParameters} parameters */
    async apply(parameters) {
        await this.#answered;
        if (this.#closed) return;
        if (parameters.video.active) void this.#listen();
        await this.#control.apply(parameters);
    }

    /** From the first picture on, this page itself detects a collapse of the link. */
    async #listen() {
        if (this.#listening !== undefined) return;
        this.#listening = 0;
        const { LOOK_MS, listener } = await import("./rhythm.js");
        if (!this.#closed) this.#listening = setInterval(listener(this.connection, this.#control), LOOK_MS);
    }

    /**
     * Activates the slots that carry somebody and deactivates the others: a browser sends an empty report of 50 bytes every
     * second for each picture that it could receive.
     * @param {Slot[]} slots
     */
    async useSlots(slots) {
        const used = slots.filter((slot) => slot.participant_id !== null);
        this.#used = used.flatMap((slot) => [slot.audio_mid, slot.video_mid]);
        await this.#answered;
        // If there are several changes at once, the newest counts.
        if (!this.#closed) await this.#held.change(this.#slotsInForce);
    }

    /**
     * The first slot stays active: the server measures the downlink on it (media/engine/relay/downlink.py) before it
     * carries somebody, and a call of two begins without a negotiation.
     * @param {string} sdp @param {string} given
     */
    #slotsInForce = (sdp, given) => editSlots(sdp, given, new Set([...this.#firstSlot.map((one) => one.mid), ...this.#used]));

    /** @param {Kind} kind @param {MediaStreamTrack | null} track */
    async setTrack(kind, track) {
        if (this.#closed || this.senders[kind].track === track) return;
        await this.senders[kind].replaceTrack(track);
        // The next `apply` gives the new camera to the second sender.
        if (kind === "video" && this.#low?.track) await this.#low.replaceTrack(null);
    }

    /** Whether the server has asked for voice or picture. */
    get sends() {
        return Object.values(this.senders).some(isSending);
    }

    get sendsPicture() {
        return isSending(this.senders.video);
    }

    /** What the lines of the camera are divided by before they are sent. */
    get division() {
        return this.senders.video.getParameters().encodings[0]?.scaleResolutionDownBy ?? 1;
    }

    /** @param {Slot[]} slots @returns {SlotMedia[]} those whose m-lines exist */
    slotMedia(slots) {
        const receivers = new Map(this.connection.getTransceivers().map((one) => [one.mid, one.receiver]));
        return slots.flatMap((slot) => {
            const audio = receivers.get(slot.audio_mid);
            const video = receivers.get(slot.video_mid);
            if (!audio || !video) return [];
            return [{ index: slot.index, participantId: slot.participant_id, audio, video }];
        });
    }

    /** @returns {Promise<RTCStatsReport>} */
    stats() {
        return this.connection.getStats();
    }

    /**
     * Handles an order on the probe channel, which does not wait behind a full link as signaling may.
     * @param {unknown} data
     */
    #ordered(data) {
        const kind = data instanceof ArrayBuffer && !this.#closed ? new Uint8Array(data)[0] : null;
        if (kind === HOLD_KIND) void this.#control.hold();
        else if (kind === AGAIN_KIND) this.#sendCluster();
    }

    /** Sends the next cluster when it is due. @param {number} sinceMs when the last cluster was sent */
    #probeLater(sinceMs) {
        this.#probing = setTimeout(() => {
            if (this.probes.readyState !== "open") return;
            const { waitsMs } = this.#cluster;
            const waitMs = waitsMs[Math.min(this.#clusters, waitsMs.length - 1)] ?? 0;
            const nowMs = performance.now();
            if (nowMs - sinceMs < waitMs) return this.#probeLater(sinceMs);
            this.#sendCluster();
            this.#probeLater(nowMs);
        }, PROBE_TICK_MS);
    }

    get #cluster() {
        return this.sends ? CALL_CLUSTER : WARM_CLUSTER;
    }

    #sendCluster() {
        this.#clusters += 1;
        const idle = this.probes.bufferedAmount === 0 && this.channel.bufferedAmount === 0;
        if (!idle || isSending(this.senders.video)) return;
        const { messages, bytes } = this.#cluster;
        for (let index = 0; index < messages; index += 1) {
            const message = new Uint8Array(bytes);
            message.set([PROBE_KIND, this.#clusters & 0xff, index]);
            this.probes.send(message);
        }
    }

    /** Closes the leg; `onState` is not called again. */
    close() {
        this.#closed = true;
        clearTimeout(this.#probing);
        clearInterval(this.#listening);
        clearTimeout(this.#deadline);
        this.connection.onconnectionstatechange = null;
        this.connection.close();
    }

    #stateChanged() {
        const state = this.connection.connectionState;
        if (state === "connected") {
            clearTimeout(this.#deadline);
            this.onState("connected");
        } else if (state === "disconnected") {
            this.#waitForLink(DISCONNECTED_FOR_MS);
            this.onState("disconnected");
        } else if (state === "failed") {
            // The browser has stopped its checks, but the server has not, and the browser answers the server's checks.
            if (this.isLinkAway()) this.#waitForLink(LOOK_AGAIN_MS, true);
            else this.#fail();
        } else if (state === "connecting") {
            this.onState("connecting");
        }
    }

    /**
     * Waits for the link, then once more as long for the leg; then gives the leg up.
     * @param {number} ms @param {boolean} [wasAway]
     */
    #waitForLink(ms, wasAway = false) {
        clearTimeout(this.#deadline);
        this.#deadline = setTimeout(() => {
            const isAway = this.isLinkAway();
            if (isAway || wasAway) this.#waitForLink(LOOK_AGAIN_MS, isAway);
            else this.#fail();
        }, ms);
    }

    /** @param {number} ms */
    #failAfter(ms) {
        clearTimeout(this.#deadline);
        this.#deadline = setTimeout(() => this.#fail(), ms);
    }

    #fail() {
        if (this.#closed) return;
        this.close();
        this.onState("failed");
    }
}

/** @param {RTCRtpSender} sender */
function isSending(sender) {
    return sender.getParameters().encodings.some((encoding) => encoding.active);
}
