/**
 * Edits the held answer. Owns: the few lines of an SDP answer (RFC 8866) that control how this browser sends its voice:
 * packet time, Opus parameters (RFC 7587 section 6.1), whether redundancy (RED, RFC 2198) comes first, and whether packets
 * carry their level (RFC 6464); and the directions of the receive slots (RFC 3264 section 8.4). Pure: text in, text out.
 * Must never change anything else in an answer.
 */

/** @import {AudioParameters} from "../../signaling/messages.js" */

// The longest Opus packet in one RTP payload (RFC 7587 section 4.2).
const MAX_PTIME_MS = 120;
// RFC 7587 section 7: the packet time if the answer gives none.
const DEFAULT_PTIME_MS = 20;
const LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
// m=<media> <port> <proto> <fmt> ...: the first format is the fourth field.
const FIRST_TYPE = 3;

/**
 * The answer in which the first audio section asks for this voice. A section without Opus, or a rejected one, stays as it
 * is.
 * @param {string} sdp the server's answer
 * @param {AudioParameters} audio
 * @param {string} [offer] this browser's own offer, with the number of its header extension for levels
 * @returns {string}
 */
export function editAnswer(sdp, audio, offer = "") {
    const sections = sdp.split(/(?=^m=)/m);
    const index = sections.findIndex((section) => section.startsWith("m=audio "));
    const section = sections[index];
    if (section === undefined) return sdp;
    sections[index] = editAudio(section, audio, ownVoice(offer).map(levelNumber).find((number) => number !== null) ?? null);
    return sections.join("");
}

/**
 * The answer with these receive slots active and all others inactive.
 * @param {string} sdp the answer in force
 * @param {string} given the answer as the server gave it, with the streams of every slot
 * @param {Set<string | null>} mids the media sections whose streams are received
 * @returns {string}
 */
export function editSlots(sdp, given, mids) {
    const whole = given.split(/(?=^m=)/m);
    const sections = sdp.split(/(?=^m=)/m);
    return sections.map((section, index) => {
        const slot = whole[index] ?? "";
        // The server only receives the sections of our own media.
        if (!/^a=(sendonly|inactive)\r?$/m.test(slot)) return section;
        return mids.has(/^a=mid:(\S+)/m.exec(slot)?.[1] ?? null) ? slot : resting(slot);
    }).join("");
}

/**
 * The section without its streams, and inactive. "Inactive" alone is not enough: Chromium reports on every stream that a
 * section names.
 * @param {string} section
 */
function resting(section) {
    return section.replace(/^a=ssrc(-group)?:.*\r?\n/gm, "").replace(/^a=sendonly/m, "a=inactive");
}

/** The lines of the first audio section. @param {string} sdp @returns {string[]} */
function ownVoice(sdp) {
    return sdp.split(/(?=^m=)/m).find((part) => part.startsWith("m=audio "))?.split("\r\n") ?? [];
}

/**
 * The number of the header extension for levels; null if this line does not give it.
 * @param {string} line @returns {string | null}
 */
function levelNumber(line) {
    const match = /^a=extmap:(\d+)(?:\/\w+)? (\S+)/.exec(line);
    return match?.[2] === LEVEL_URI ? (match[1] ?? null) : null;
}

/**
 * The voice that the first audio section of an answer asks for; null without Opus.
 * @param {string} sdp
 * @returns {Pick<AudioParameters, "ptime_ms" | "dtx" | "fec" | "red" | "level"> | null}
 */
export function readVoice(sdp) {
    const lines = ownVoice(sdp);
    const opus = payloadType(lines, "opus/48000/2");
    if (opus === null) return null;
    const ptime = lines.find((line) => line.startsWith("a=ptime:"))?.slice("a=ptime:".length);
    const fmtp = lines.find((line) => line.startsWith(`a=fmtp:${opus} `)) ?? "";
    return {
        ptime_ms: Number(ptime ?? DEFAULT_PTIME_MS),
        dtx: /[ ;]usedtx=1/.test(fmtp),
        fec: /[ ;]useinbandfec=1/.test(fmtp),
        red: lines[0]?.split(" ")[FIRST_TYPE] === payloadType(lines, "red/48000/2"),
        level: lines.some((line) => levelNumber(line) !== null),
    };
}

/** @param {string} section @param {AudioParameters} audio @param {string | null} level number @returns {string} */
function editAudio(section, audio, level) {
    const lines = section.split("\r\n").filter((line) => line !== "");
    const opus = payloadType(lines, "opus/48000/2");
    const head = lines[0] ?? "";
    if (opus === null || head.startsWith("m=audio 0 ")) return section;
    const kept = lines.filter((line) => !/^a=(max)?ptime:/.test(line) && levelNumber(line) === null);
    kept[0] = reorder(head, opus, payloadType(lines, "red/48000/2"), audio.red);
    const fmtp = kept.findIndex((line) => line.startsWith(`a=fmtp:${opus} `));
    const wanted = opusParameters(fmtp < 0 ? "" : (kept[fmtp] ?? "").slice(`a=fmtp:${opus} `.length), audio);
    const line = `a=fmtp:${opus} ${wanted}`;
    if (fmtp < 0) kept.splice(kept.findIndex((l) => l.startsWith(`a=rtpmap:${opus} `)) + 1, 0, line);
    else kept[fmtp] = line;
    kept.push(`a=ptime:${audio.ptime_ms}`, `a=maxptime:${MAX_PTIME_MS}`);
    if (audio.level && level !== null) kept.push(`a=extmap:${level} ${LEVEL_URI}`);
    return `${kept.join("\r\n")}\r\n`;
}

/** @param {string[]} lines @param {string} codec as in rtpmap @returns {string | null} */
function payloadType(lines, codec) {
    for (const line of lines) {
        const match = /^a=rtpmap:(\d+) (.+)$/.exec(line);
        if (match?.[2]?.toLowerCase() === codec) return match[1] ?? null;
    }
    return null;
}

/**
 * The m-line with RED or Opus first, because a browser sends with the first codec of the answer.
 * @param {string} head @param {string} opus @param {string | null} red @param {boolean} redFirst
 * @returns {string}
 */
function reorder(head, opus, red, redFirst) {
    const [media, port, protocol, ...types] = head.split(" ");
    const first = red !== null && types.includes(red) ? (redFirst ? [red, opus] : [opus, red]) : [opus];
    const rest = types.filter((type) => !first.includes(type));
    return [media, port, protocol, ...first, ...rest].join(" ");
}

/** @param {string} fmtp @param {AudioParameters} audio @returns {string} */
function opusParameters(fmtp, audio) {
    /** @type {Map<string, string>} */
    const parameters = new Map();
    for (const pair of fmtp.split(";")) {
        const [name, value] = pair.trim().split("=");
        if (name) parameters.set(name, value ?? "");
    }
    parameters.set("maxaveragebitrate", String(audio.max_bitrate_bps));
    parameters.set("usedtx", audio.dtx ? "1" : "0");
    parameters.set("useinbandfec", audio.fec ? "1" : "0");
    return [...parameters].map(([name, value]) => `${name}=${value}`).join(";");
}
