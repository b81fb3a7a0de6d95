/**
 * Who speaks now, and when an answer can have come back over a long way. Owns: the judgement from sound levels
 * over time. Must never keep or send sound; it reads the browser's own energy counters.
 */

// A quiet room is near 0.002 of full scale (-54 dBFS), speech at arm's length above 0.02.
const SPEECH_FROM = 0.012;
// Pauses between words may be this long without an end of speech.
const PAUSE_MS = 350;
// With a shorter round trip people take turns by themselves (ITU-T G.114: 400 ms one way is the limit of comfort).
const LONG_WAY_MS = 600;
// Added to the round trip: packet time, jitter buffers and a breath before the first word of an answer.
const ANSWER_MS = 300;

/** Sound levels since the last reading, from getStats. */
export class Levels {
    /** @type {Map<string, {energy: number, seconds: number}>} */
    #last = new Map();

    /**
     * @param {RTCStatsReport} report
     * @returns {Map<string, number>} root mean square in [0, 1] by track id; the own microphone's is ""
     */
    read(report) {
        /** @type {Map<string, number>} */
        const levels = new Map();
        for (const entry of report.values()) {
            if (entry.kind !== "audio" || (entry.type !== "inbound-rtp" && entry.type !== "media-source")) continue;
            const last = this.#last.get(entry.id);
            const now = { energy: entry.totalAudioEnergy ?? 0, seconds: entry.totalSamplesDuration ?? 0 };
            this.#last.set(entry.id, now);
            if (!last || now.seconds <= last.seconds) continue;
            const level = Math.sqrt(Math.max(0, now.energy - last.energy) / (now.seconds - last.seconds));
            levels.set(entry.type === "media-source" ? "" : entry.trackIdentifier, level);
        }
        return levels;
    }
}

/** Whether one voice speaks: speech begins at once and ends after a pause. */
export class Voice {
    speaks = false;
    lastMs = -Infinity;

    /** @param {number} level @param {number} nowMs @returns {boolean} whether the voice speaks now */
    hear(level, nowMs) {
        if (level >= SPEECH_FROM) this.lastMs = nowMs;
        this.speaks = nowMs - this.lastMs < PAUSE_MS;
        return this.speaks;
    }
}

/** The time after the end of the own speech in which no answer can arrive yet. */
export class Turn {
    #spoke = false;
    #untilMs = -Infinity;

    /**
     * @param {Voice} own @param {boolean} otherSpeaks @param {number} roundMs mouth to mouth and back
     * @param {number} nowMs
     * @returns {number} ms until an answer can arrive; 0: nothing to wait for
     */
    next(own, otherSpeaks, roundMs, nowMs) {
        const ended = this.#spoke && !own.speaks;
        this.#spoke = own.speaks;
        if (ended && roundMs > LONG_WAY_MS) this.#untilMs = own.lastMs + roundMs + ANSWER_MS;
        if (own.speaks || otherSpeaks) this.#untilMs = -Infinity;
        return Math.max(0, this.#untilMs - nowMs);
    }
}
