/**
 * Sends stills at the pace that the server grants, and receives them, over the data channel of the present leg; continues
 * transfers on a new leg. Owns: the transfers under way. Must never know a page. The rules are those of
 * media/core/stills/transfer.py.
 */

/** @import {Frame, Offer} from "./stillframes.js" */

import { build, crc32, NO_SLOT, parse, SERVER_IDS } from "./stillframes.js";

const TICK_MS = 25;
// A late timer makes up for at most this time, because a burst would delay the voice.
const MAX_STEP_MS = 100;
// The headers of a chunk: IPv4 20, UDP 8, DTLS 37, SCTP 28, frame 9.
const CHUNK_OVERHEAD_BYTES = 102;
// The same as in media/core/stills/transfer.py, which gives the reasons.
const WINDOW_MS = 2_600;
const WINDOW_MIN_BYTES = 1_600;
const WINDOW_MAX_BYTES = 48_000;
const ACK_EVERY_BYTES = 1_200;
const FINISHED_KEPT = 16;
// On a new leg the server offers its unfinished stills again within two round trips; others will not arrive.
const FORGOTTEN_AFTER_MS = 20_000;

/**
 * @typedef {object} Picture
 * @property {Uint8Array} bytes
 * @property {string} mime
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} Outgoing
 * @property {Offer} offer
 * @property {Uint8Array} bytes
 * @property {number} sent
 * @property {number | null} had bytes that the server has; null: the server has not said where to begin
 *
 * @typedef {object} Incoming
 * @property {Offer} offer
 * @property {Uint8Array} bytes
 * @property {number} length bytes that have arrived
 * @property {number} acked
 * @property {boolean} retried
 * @property {boolean} offered on this leg
 *
 * @typedef {object} StillCallbacks
 * @property {(id: number, fraction: number) => void} onSent progress of an own still; 1: it has arrived
 * @property {(id: number) => void} onUnsent the other side has cancelled an own still
 * @property {(offer: Offer, fraction: number) => void} onComing
 * @property {(offer: Offer, still: Blob) => void} onStill
 * @property {(offer: Offer) => void} onLost the still will not arrive
 */

export class StillChannel {
    /** @type {RTCDataChannel | null} */
    #channel = null;
    /** @type {Map<number, Outgoing>} */
    #going = new Map();
    /** @type {Map<number, Incoming>} */
    #coming = new Map();
    /** @type {string[]} */
    #finished = [];
    #nextId = 1 + Math.floor(Math.random() * (SERVER_IDS / 2));
    #rateBps = 0;
    #chunkBytes = 200;
    #creditBytes = 0;
    #paidMs = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #timer;

    /** @param {StillCallbacks} callbacks */
    constructor(callbacks) {
        this.callbacks = callbacks;
    }

    /** @param {RTCDataChannel | null} channel of the present leg; the same channel again changes nothing */
    attach(channel) {
        if (channel === this.#channel) return;
        this.#channel = channel;
        this.#rateBps = 0;
        for (const coming of this.#coming.values()) coming.offered = false;
        if (!channel) return;
        channel.binaryType = "arraybuffer";
        channel.onmessage = ({ data }) => {
            const frame = data instanceof ArrayBuffer ? parse(data) : null;
            if (frame && channel === this.#channel) this.#arrived(frame);
        };
        if (channel.readyState === "open") this.#greet();
        else channel.onopen = () => channel === this.#channel && this.#greet();
    }

    /** Whether a still of this kind is being sent. @param {boolean} asked */
    isSending(asked) {
        return [...this.#going.values()].some((one) => one.offer.asked === asked);
    }

    /** Whether this is an own still under way for which a person asked. @param {number} id */
    isAsked(id) {
        return this.#going.get(id)?.offer.asked === true;
    }

    /** @param {Picture} picture @param {boolean} asked @returns {number} its id */
    send({ bytes, mime, width, height }, asked) {
        const id = this.#nextId++;
        /** @type {Offer} */
        const offer = { type: "offer", id, size: bytes.length, crc: crc32(bytes), width, height, asked, mime, slot: NO_SLOT };
        this.#going.set(id, { offer, bytes, sent: 0, had: null });
        this.#say(offer);
        return id;
    }

    /** Cancels a still, an own one or one that is arriving. @param {number} id */
    cancel(id) {
        this.#coming.delete(id);
        this.#going.delete(id);
        this.#say({ type: "cancel", id });
    }

    /** Forgets everything: the call is over. */
    clear() {
        for (const id of [...this.#going.keys(), ...this.#coming.keys()]) this.cancel(id);
        clearInterval(this.#timer);
        this.#timer = undefined;
    }

    #greet() {
        this.#say({ type: "hello", going: [...this.#going.keys()] });
        for (const going of this.#going.values()) {
            going.had = null;
            this.#say(going.offer);
        }
        const channel = this.#channel;
        setTimeout(() => {
            if (channel !== this.#channel) return;
            for (const [id, coming] of this.#coming) {
                if (coming.offered) continue;
                this.#coming.delete(id);
                this.callbacks.onLost(coming.offer);
            }
        }, FORGOTTEN_AFTER_MS);
    }

    /** @param {Frame} frame */
    #arrived(frame) {
        if (frame.type === "offer") this.#offered(frame);
        else if (frame.type === "chunk") this.#bytes(frame.id, frame.offset, frame.data);
        else if (frame.type === "have") this.#have(frame.id, frame.offset);
        else if (frame.type === "grant") this.#granted(frame.rateBps, frame.chunkBytes);
        else if (frame.type === "done" || frame.type === "cancel") this.#ended(frame.id, frame.type === "done");
    }

    // Sending.

    /** @param {number} id @param {number} offset */
    #have(id, offset) {
        const going = this.#going.get(id);
        if (!going) return;
        if (going.had === null || offset < going.had) going.sent = offset;
        going.had = offset;
        this.callbacks.onSent(id, Math.min(offset / going.bytes.length, 0.99));
        this.#timer ??= setInterval(() => this.#pump(), TICK_MS);
    }

    /** @param {number} rateBps @param {number} chunkBytes */
    #granted(rateBps, chunkBytes) {
        this.#rateBps = rateBps;
        this.#chunkBytes = chunkBytes;
    }

    /** Sends the chunks that the granted pace allows. */
    #pump() {
        const nowMs = performance.now();
        const stepMs = Math.min(nowMs - this.#paidMs, MAX_STEP_MS);
        this.#paidMs = nowMs;
        if (this.#going.size === 0) {
            clearInterval(this.#timer);
            this.#timer = undefined;
            return;
        }
        const earned = (stepMs * this.#rateBps) / 8000;
        this.#creditBytes = Math.min(this.#creditBytes + earned, Math.max(1, earned));
        for (let going = this.#next(); going && this.#creditBytes > 0; going = this.#next()) {
            const data = going.bytes.subarray(going.sent, going.sent + this.#chunkBytes);
            this.#say({ type: "chunk", id: going.offer.id, offset: going.sent, data });
            going.sent += data.length;
            this.#creditBytes -= data.length + CHUNK_OVERHEAD_BYTES;
        }
    }

    /** @returns {Outgoing | undefined} the still of the next chunk: a requested one first */
    #next() {
        // If the channel buffers bytes, there is a queue already.
        if (this.#channel?.readyState !== "open" || this.#channel.bufferedAmount > 0) return undefined;
        const window = Math.min(Math.max((this.#rateBps * WINDOW_MS) / 8000, WINDOW_MIN_BYTES), WINDOW_MAX_BYTES);
        const ready = [...this.#going.values()].filter(({ had, sent, bytes }) => had !== null && sent < bytes.length && sent - had < window);
        return ready.find((one) => one.offer.asked) ?? ready[0];
    }

    /** @param {number} id @param {boolean} done */
    #ended(id, done) {
        if (this.#going.delete(id)) {
            if (done) this.callbacks.onSent(id, 1);
            else this.callbacks.onUnsent(id);
            return;
        }
        const coming = this.#coming.get(id);
        this.#coming.delete(id);
        if (coming) this.callbacks.onLost(coming.offer);
    }

    // Receiving.

    /** @param {Offer} offer */
    #offered(offer) {
        if (this.#finished.includes(nameOf(offer))) {
            this.#say({ type: "done", id: offer.id });
            return;
        }
        let coming = this.#coming.get(offer.id);
        if (!coming || nameOf(coming.offer) !== nameOf(offer)) {
            coming = { offer, bytes: new Uint8Array(offer.size), length: 0, acked: 0, retried: false, offered: true };
            this.#coming.set(offer.id, coming);
        }
        coming.offered = true;
        coming.acked = coming.length;
        this.#say({ type: "have", id: offer.id, offset: coming.length });
        this.callbacks.onComing(coming.offer, coming.length / offer.size);
    }

    /** @param {number} id @param {number} offset @param {Uint8Array} data */
    #bytes(id, offset, data) {
        const coming = this.#coming.get(id);
        if (!coming || offset > coming.length || offset + data.length > coming.bytes.length) return;
        coming.bytes.set(data, offset);
        coming.length = Math.max(coming.length, offset + data.length);
        if (coming.length === coming.bytes.length) {
            this.#whole(coming);
            return;
        }
        this.callbacks.onComing(coming.offer, coming.length / coming.bytes.length);
        if (coming.length - coming.acked < ACK_EVERY_BYTES) return;
        coming.acked = coming.length;
        this.#say({ type: "have", id, offset: coming.length });
    }

    /** @param {Incoming} coming */
    #whole(coming) {
        const { offer, bytes } = coming;
        if (crc32(bytes) === offer.crc) {
            this.#coming.delete(offer.id);
            this.#finished = [nameOf(offer), ...this.#finished].slice(0, FINISHED_KEPT);
            this.#say({ type: "done", id: offer.id });
            this.callbacks.onStill(offer, new Blob([/** @type {BlobPart} */ (bytes)], { type: offer.mime }));
        } else if (coming.retried) {
            this.cancel(offer.id);
            this.callbacks.onLost(offer);
        } else {
            coming.retried = true;
            coming.length = coming.acked = 0;
            this.#say({ type: "have", id: offer.id, offset: 0 });
        }
    }

    /** Sends a frame. Without a channel the frame is lost, and `hello` on the next leg replaces it. @param {Frame} frame */
    #say(frame) {
        if (this.#channel?.readyState === "open") this.#channel.send(build(frame));
    }
}

/** The identity of a still: after a restart of the server its id alone may mean another one. @param {Offer} offer */
function nameOf({ id, size, crc }) {
    return `${id}:${size}:${crc}`;
}
