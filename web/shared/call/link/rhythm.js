/**
 * Detects that the others' voices and pictures have suddenly almost stopped arriving: the first sign of a collapsed
 * link, a second before the server can report it. Owns: that judgement; media/core/estimate/arrivalrhythm.py judges
 * packets in the same way. Must never decide what is sent: sender.js does.
 */

// The interval of looks. A receiver plays or shows new media every 20 to 70 ms.
export const LOOK_MS = 25;
// If a look is this late, the page itself delayed it, and the look says nothing about the link.
const LATE_MS = 100;
const MOMENT_MS = 160;
const FEW = 0.3;
const LEAST_PICTURES = 2;
const LEAST_VOICE_PACKETS = 4;
const MEMORY_MS = 2_000;
const LASTS_MS = 600;
// The stall ends only when the others have been heard for this long: a full queue lets a voice packet through now and then.
const CALM_MS = 300;
// A stall of the radio is shorter.
const COLLAPSED_MS = 250;
// The most packets that arrive in that time over a collapsed link; over a working link, feedback alone arrives at least
// five times a second.
const ALIVE_PACKETS = 2;
// Firefox counts the packets of voice and picture only, and the bytes of everything. What is left of the bytes is feedback
// about this page's packets: one packet with arrival times has about this size.
const FEEDBACK_BYTES = 60;
// The authentication tag of each SRTP packet (RFC 3711, section 5.2): part of neither header nor payload.
const TAG_BYTES = 10;
// A full queue accepts one voice packet in three. Loss leaves gaps in the sequence numbers, silence does not.
const LOSSY = 0.3;
const LOST_VOICE_PACKETS = 3;
// It takes a moment until enough voice packets are missing: judge at once, and twice more, this many looks apart.
const JUDGED_LOOKS = 8;
const LAST_LOOK = 1 + 2 * JUDGED_LOOKS;
// After this time the server has sent new parameters.
const TRUST_MS = 4_000;

/** @import {SendControl} from "./sender.js" */

/** @typedef {{track: {kind: string}, getSynchronizationSources: RTCRtpReceiver["getSynchronizationSources"]}} Heard */
/** @typedef {"flows" | "stalls" | "collapsed"} Flow */

export class Rhythm {
    /** @type {{ms: number, voicePackets: number, pictures: number}[]} the totals at the latest looks */
    #totals = [];
    /** The newest timestamp of each receiver's sources. @type {Map<object, number>} */
    #known = new Map();
    #voicePackets = 0;
    #pictures = 0;
    #usual = { voicePackets: 0, pictures: 0 };
    #sums = { voicePackets: 0, pictures: 0, moments: 0 };
    #bucketMs = -Infinity;
    /** @type {number | null} */
    #sinceMs = null;
    #calmMs = -Infinity;
    /** @type {number | null} */
    #stallMs = null;
    #trustMs = -Infinity;

    /**
     * @param {Heard[]} receivers @param {number} nowMs
     * @returns {Flow}
     */
    look(receivers, nowMs) {
        const last = this.#totals.at(-1);
        if (last && nowMs - last.ms > LATE_MS) this.#totals = [];
        for (const receiver of receivers) this.#note(receiver);
        this.#totals.push({ ms: nowMs, voicePackets: this.#voicePackets, pictures: this.#pictures });
        if (this.#hasStopped(nowMs)) {
            this.#calmMs = nowMs + CALM_MS;
            this.#stallMs ??= nowMs;
            if (nowMs - this.#stallMs >= COLLAPSED_MS) this.#trustMs = nowMs + TRUST_MS;
        } else if (nowMs >= this.#calmMs) {
            this.#stallMs = null;
        }
        if (nowMs < this.#trustMs) return "collapsed";
        return nowMs < this.#calmMs ? "stalls" : "flows";
    }

    /** @param {Heard} receiver */
    #note(receiver) {
        const newest = Math.max(0, ...receiver.getSynchronizationSources().map((source) => source.timestamp));
        if (newest <= (this.#known.get(receiver) ?? 0)) return;
        if (receiver.track.kind === "video") this.#pictures += 1;
        else this.#voicePackets += 1;
        this.#known.set(receiver, newest);
    }

    /** @param {number} nowMs */
    #hasStopped(nowMs) {
        const totals = this.#totals;
        if (nowMs - (totals[0]?.ms ?? nowMs) < MOMENT_MS) return false;
        while (totals[1] && nowMs - totals[1].ms >= MOMENT_MS) totals.shift();
        const voicePackets = this.#voicePackets - (totals[0]?.voicePackets ?? 0);
        const pictures = this.#pictures - (totals[0]?.pictures ?? 0);
        const usual = this.#usual;
        const few = usual.voicePackets >= LEAST_VOICE_PACKETS && usual.pictures >= LEAST_PICTURES
            && voicePackets <= FEW * usual.voicePackets && pictures <= FEW * usual.pictures;
        this.#sinceMs = few ? this.#sinceMs ?? nowMs : null;
        const stopped = this.#sinceMs !== null && nowMs - this.#sinceMs < LASTS_MS;
        if (!stopped) this.#remember(nowMs, voicePackets, pictures);
        return stopped;
    }

    /** @param {number} nowMs @param {number} voicePackets @param {number} pictures */
    #remember(nowMs, voicePackets, pictures) {
        if (nowMs - this.#bucketMs >= MEMORY_MS) {
            const { moments } = this.#sums;
            if (moments) this.#usual = { voicePackets: this.#sums.voicePackets / moments, pictures: this.#sums.pictures / moments };
            this.#sums = { voicePackets: 0, pictures: 0, moments: 0 };
            this.#bucketMs = nowMs;
        }
        this.#sums.voicePackets += voicePackets;
        this.#sums.pictures += pictures;
        this.#sums.moments += 1;
    }
}

/**
 * The action of a leg at each look: send less during a stall, as little as possible once the link has collapsed.
 * @param {RTCPeerConnection} connection @param {SendControl} control @returns {() => void}
 */
export function listener(connection, control) {
    const rhythm = new Rhythm();
    /** @type {Flow} */
    let before = "flows";
    /** @type {Promise<Received>} */
    let first = Promise.resolve({ packets: 0, voicePackets: 0, lost: 0 });
    let held = false;
    let looks = 0;
    return () => {
        const flow = rhythm.look(connection.getReceivers(), performance.now());
        looks = flow === "collapsed" ? looks + 1 : 0;
        if (looks <= LAST_LOOK && looks % JUDGED_LOOKS === 1) void judge(looks === LAST_LOOK);
        if (flow === before) return;
        before = flow;
        if (looks) return;
        if (flow === "stalls") first = received(connection);
        void control.rest(flow === "stalls");
        if (!held) return;
        held = false;
        void control.holdOn(false);
    };

    /**
     * The others may only be silent while their pictures are paused. Then the server's feedback about this page's
     * packets still arrives, and no voice packet is missing.
     * @param {boolean} last
     */
    async function judge(last) {
        if (held) return;
        const [then, now] = [await first, await received(connection)];
        const lost = now.lost - then.lost;
        const lossy = lost >= LOST_VOICE_PACKETS && lost >= LOSSY * (now.voicePackets - then.voicePackets + lost);
        if (held || before !== "collapsed") return; // an earlier judgement holds already, or the collapse is over
        held = lossy || now.packets - then.packets <= ALIVE_PACKETS;
        if (held) await control.holdOn(true);
        if (held || last) await control.rest(false);
    }
}

/** Packets of every kind, voice packets, and voice packets lost. @typedef {{packets: number, voicePackets: number, lost: number}} Received */

/** @param {RTCPeerConnection} connection @returns {Promise<Received>} */
async function received(connection) {
    const counts = { packets: 0, voicePackets: 0, lost: 0 };
    const media = { packets: 0, bytes: 0 };
    let bytes = 0;
    /** @type {number | undefined} */
    let packets;
    for (const entry of (await connection.getStats()).values()) {
        if (entry.type === "transport") packets = entry.packetsReceived;
        if (entry.type === "candidate-pair" && entry.nominated) bytes += entry.bytesReceived ?? 0;
        if (entry.type !== "inbound-rtp") continue;
        const arrived = entry.packetsReceived ?? 0;
        media.packets += arrived;
        media.bytes += (entry.bytesReceived ?? 0) + (entry.headerBytesReceived ?? 0) + TAG_BYTES * arrived;
        if (entry.kind !== "audio") continue;
        counts.voicePackets += arrived;
        counts.lost += entry.packetsLost ?? 0;
    }
    counts.packets = packets ?? media.packets + (bytes - media.bytes) / FEEDBACK_BYTES;
    return counts;
}
