/**
 * Whether the network blocks media, from the answers to a leg's checks. Owns: the judgement from two facts: how quickly the
 * server answered, and whether a candidate pair received anything. Pure. Must never mistake a slow network for a closed
 * one.
 */

// Checks are repeated several times a second. On an open path the first answer arrives after a round trip, 1.3 s on 2G.
const SURE_AFTER_MS = 7_000;
// If the answer to the offer took long, checks wait in the same queue: wait this many times as long.
const ANSWERS_PER_WAIT = 3;
// ICE has found a path, and no handshake comes through it: only small packets pass. A handshake takes four round trips,
// more with loss.
const ROUND_TRIPS = 12;
const HANDSHAKE_WITHIN_MS = 20_000;

/**
 * @param {RTCStatsReport} report of a leg that is not connected
 * @param {number} answeredMs how long the server's answer took @param {number} sinceMs time since that answer
 * @returns {boolean}
 */
export function isBlocked(report, answeredMs, sinceMs) {
    let came = 0;
    let rttMs = 0;
    for (const entry of report.values()) {
        if (entry.type !== "candidate-pair") continue;
        came += (entry.responsesReceived ?? 0) + (entry.requestsReceived ?? 0);
        rttMs = Math.max(rttMs, 1000 * (entry.currentRoundTripTime ?? 0));
    }
    const handshakeMs = rttMs ? Math.min(ROUND_TRIPS * rttMs, HANDSHAKE_WITHIN_MS) : HANDSHAKE_WITHIN_MS;
    const waitMs = Math.max(came ? handshakeMs : 0, SURE_AFTER_MS, ANSWERS_PER_WAIT * answeredMs);
    return sinceMs >= waitMs;
}
