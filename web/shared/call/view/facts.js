/**
 * The data that the leg uses, from getStats, for people to see. Owns: the differences between two readings. Must never send
 * anything to the server.
 */

// IPv4 20 and UDP 8 bytes of each packet, which no counter of the browser includes.
const UDP_IP_BYTES = 28;

/**
 * @typedef {object} Facts
 * @property {number} downKbps
 * @property {number} upKbps
 * @property {number} totalBytes since the first reading, both directions; before its call the leg was warm
 */

export class FactReader {
    /** @type {{id: string, down: number, up: number, atMs: number} | null} */
    #last = null;
    #totalBytes = 0;

    /** @param {RTCStatsReport} report @returns {Facts | null} null before the second reading of a leg */
    read(report) {
        const pair = selectedPair(report);
        if (!pair) return null;
        const media = mediaPackets(report);
        const down = (pair.bytesReceived ?? 0) + UDP_IP_BYTES * (pair.packetsReceived ?? media.down);
        const up = (pair.bytesSent ?? 0) + UDP_IP_BYTES * (pair.packetsSent ?? media.up);
        const last = this.#last;
        this.#last = { id: pair.id, down, up, atMs: pair.timestamp };
        // A new leg counts from zero, so all its bytes are new.
        const same = last?.id === pair.id && down >= last.down && up >= last.up;
        const newDown = same ? down - last.down : down;
        const newUp = same ? up - last.up : up;
        if (last) this.#totalBytes += newDown + newUp;
        if (!same || pair.timestamp <= last.atMs) return null;
        const bitsToKbps = 8 / (pair.timestamp - last.atMs);
        return { downKbps: newDown * bitsToKbps, upKbps: newUp * bitsToKbps, totalBytes: this.#totalBytes };
    }
}

/** @typedef {{id: string, timestamp: number, bytesReceived?: number, bytesSent?: number, packetsReceived?: number, packetsSent?: number}} Pair */

/** @param {RTCStatsReport} report @returns {Pair | null} */
function selectedPair(report) {
    let found = null;
    for (const entry of report.values()) {
        if (entry.type === "transport" && entry.selectedCandidatePairId) return report.get(entry.selectedCandidatePairId) ?? null;
        if (entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded") found = entry;
    }
    return found;
}

/** Of sound and picture, which is nearly all: Firefox counts no other packets. @param {RTCStatsReport} report */
function mediaPackets(report) {
    const packets = { down: 0, up: 0 };
    for (const entry of report.values()) {
        if (entry.type === "inbound-rtp") packets.down += entry.packetsReceived ?? 0;
        if (entry.type === "outbound-rtp") packets.up += entry.packetsSent ?? 0;
    }
    return packets;
}
