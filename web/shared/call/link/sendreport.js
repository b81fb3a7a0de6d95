/**
 * The browser's own estimate of the uplink, and how coarse its encoder has to make the picture, for the server that
 * steers this page. Owns: when that is worth a message, and what Firefox, which tells no estimate and no limitation,
 * shows of them. Must never know a socket or a connection: it reads stats and returns a message.
 */

/** @import {SendReport} from "../../signaling/messages.js" */

// A report costs 150 bytes of the link on which it reports.
const EVERY_MS = 2_000;
const WORTH_REPORTING = 0.2;
// A relevant change of the quantizer, on the scale of qpSum (W3C webrtc-stats); AV1's coarsest quantizer is 255.
const COARSER = 15;
// A picture has this share of its source's lines, divided as was asked, unless its encoder has taken some away.
const ALL_LINES = 0.9;

export class SendReporter {
    #bps = 0;
    /** @type {SendReport["quality_limitation"]} */
    #limitation = "none";
    #reportedMs = -Infinity;
    /** @type {number | undefined} */
    #quantizer;
    /** Frames and the sum of their quantizers at the last reading of the large picture. @type {[number, number]} */
    #counted = [NaN, NaN];

    /**
     * @param {string} legId @param {RTCStatsReport} stats @param {number} nowMs
     * @param {number} [division] what the lines of the camera are divided by, as far as this page asks
     * @returns {SendReport | null} null while there is nothing new to report
     */
    read(legId, stats, nowMs, division = 1) {
        /** @type {number | undefined} */
        let bps;
        /** @type {SendReport["quality_limitation"] | null} */
        let limitation = null;
        let largest = null;
        for (const entry of stats.values()) {
            if (entry.type === "candidate-pair" && entry.nominated) bps = Math.round(entry.availableOutgoingBitrate ?? 0) || undefined;
            if (entry.type !== "outbound-rtp" || entry.active === false) continue;
            // Without a picture there is no limitation, but the rate is still worth a report.
            // If the picture is sent twice, the shared uplink may limit either encoding.
            if (entry.kind !== "video") limitation ??= "other";
            else {
                if (limitation !== "bandwidth") limitation = entry.qualityLimitationReason ?? "other";
                if (!(largest?.frameHeight > entry.frameHeight)) largest = entry;
            }
        }
        if (largest && largest.qualityLimitationReason === undefined) limitation = limitationOf(largest, stats, division);
        if (limitation === null || nowMs - this.#reportedMs < EVERY_MS) return null;
        const quantizer = this.#coarseness(largest);
        if (bps === undefined && quantizer === undefined) return null;
        const moved = Math.abs((bps ?? 0) - this.#bps) > WORTH_REPORTING * this.#bps;
        const coarser = Math.abs((quantizer ?? 0) - (this.#quantizer ?? 0)) > COARSER;
        if (!moved && !coarser && limitation === this.#limitation) return null;
        this.#bps = bps ?? 0;
        this.#limitation = limitation;
        this.#quantizer = quantizer;
        this.#reportedMs = nowMs;
        return { type: "send_report", leg_id: legId, available_outgoing_bps: bps, quality_limitation: limitation, quantizer };
    }

    /**
     * The mean quantizer of the frames since the last call.
     * @param {any} picture the stats of the sent picture @returns {number | undefined}
     */
    #coarseness(picture) {
        const [frames, sum] = this.#counted;
        this.#counted = [picture?.framesEncoded, picture?.qpSum];
        const mean = Math.round((picture?.qpSum - sum) / (picture?.framesEncoded - frames));
        return mean >= 0 && mean < 256 ? mean : undefined; // a new encoder counts from zero
    }
}

/**
 * @param {any} picture the stats of what is sent @param {RTCStatsReport} stats @param {number} division
 * @returns {SendReport["quality_limitation"]} "other" while that is not known
 */
function limitationOf(picture, stats, division) {
    // Nor does Firefox say which source: a page has one camera.
    const source = [...stats.values()].find((entry) => entry.type === "media-source" && entry.kind === "video");
    const share = (picture.frameHeight * division) / source?.height;
    if (!(share > 0)) return "other";
    return share < ALL_LINES ? "bandwidth" : "none";
}
