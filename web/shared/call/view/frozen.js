/**
 * Whether the own picture is frozen for the others, from getStats. Owns: when the last frame was sent. Must never judge the
 * link: the rung does.
 */

// The thinnest picture has one frame a second; after this time without a frame it is frozen.
const FROZEN_AFTER_MS = 6_000;

/** @typedef {{count: number, atMs: number}} Seen a count, and when it last grew */

export class FrozenReader {
    /** Frames that were sent. @type {Seen | null} */
    #sent = null;
    /** Frames from the camera. @type {Seen | null} */
    #given = null;

    /**
     * @param {RTCStatsReport} report @param {boolean} sends whether the picture is to be sent now @param {number} nowMs
     * @returns {"" | "camera" | "picture"} camera: it gives no frames; picture: it gives frames, but none are sent
     */
    read(report, sends, nowMs) {
        let sent = 0;
        /** @type {number | null} */
        let given = null;
        for (const entry of report.values()) {
            if (entry.kind !== "video") continue;
            if (entry.type === "outbound-rtp") sent += entry.framesSent ?? 0;
            if (entry.type === "media-source") given = Math.max(given ?? 0, entry.frames ?? 0);
        }
        if (!sends) this.#sent = this.#given = null;
        else {
            this.#sent = grown(this.#sent, sent, nowMs);
            this.#given = given === null ? null : grown(this.#given, given, nowMs);
        }
        if (!stands(this.#sent, nowMs)) return "";
        return stands(this.#given, nowMs) ? "camera" : "picture";
    }
}

/** @param {Seen | null} seen @param {number} count @param {number} nowMs @returns {Seen} */
function grown(seen, count, nowMs) {
    return seen?.count === count ? seen : { count, atMs: nowMs };
}

/** @param {Seen | null} seen @param {number} nowMs */
function stands(seen, nowMs) {
    return seen !== null && nowMs - seen.atMs >= FROZEN_AFTER_MS;
}
