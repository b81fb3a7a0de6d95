/**
 * The data that a call uses, in megabytes and money. Owns: the price from the server, and the estimate before a call. Must
 * never measure anything.
 */

/** @import {LinkQuality} from "../../signaling/messages.js" */

import { number, t } from "../../base/i18n.js";

const MINUTES = 10;
// Opus at 16 kbit/s in 60 ms packets takes 24 kbit/s on the wire while somebody speaks; silence costs almost nothing.
const VOICE_KBPS = 24;
const BOTH_VOICES_KBPS = 35;
// About the share of the room beside voice that a picture takes, from 22 to 800 kbit/s (media/core/quality/steering.py).
const PICTURE_SHARE = 0.8;
const PICTURE_LEAST_KBPS = 22;
const PICTURE_MOST_KBPS = 800;
// A face needs no more than this, headers included. It gets more only if the next size fits
// (media/core/quality/picture/plateau.py).
const FACE_KBPS = 72;
const NEXT_SIZE_KBPS = 252;
// The assumed rate of a link of each level while no rate is known (media/core/estimate/link.py).
const KBPS_BY_LEVEL = [0, 15, 40, 128, 512];

let pricePerGb = 0;
let currency = "";

/** @param {number} perGb price of 10^9 bytes; 0: no costs are shown @param {string} inCurrency */
export function setPrice(perGb, inCurrency) {
    pricePerGb = perGb;
    currency = inCurrency;
}

/** @param {number} bytes @returns {string} such as "3,1 Mo · 6 FCFA" */
export function useText(bytes) {
    return [sizeText(bytes), costText(bytes)].filter(Boolean).join(" · ");
}

/**
 * The data of ten minutes on this link, both directions together.
 * @param {LinkQuality | null | undefined} quality
 * @returns {string} empty while nothing is known
 */
export function estimateText(quality) {
    const { voice, picture } = estimateBytes(quality);
    if (!voice) return "";
    const about = (/** @type {number} */ bytes) => [sizeText(bytes), costText(bytes) && `(${costText(bytes)})`].filter(Boolean).join(" ");
    const values = { minutes: MINUTES, voice: about(voice), picture: about(picture) };
    return t(picture ? "use.estimate" : "use.estimate_voice", values);
}

/**
 * @param {LinkQuality | null | undefined} quality
 * @returns {{voice: number, picture: number}} bytes of ten minutes with voice alone and with pictures; 0: not possible
 */
export function estimateBytes(quality) {
    const usual = KBPS_BY_LEVEL[quality?.level ?? 0] ?? 0;
    if (!quality || !usual) return { voice: 0, picture: 0 };
    const down = quality.down_kbps ?? usual;
    const up = quality.up_kbps ?? Math.min(down, usual);
    const pictures = pictureKbps(down) + pictureKbps(up);
    const voices = Math.min(BOTH_VOICES_KBPS, down + up);
    const bytes = (/** @type {number} */ kbps) => (kbps * 1000 * 60 * MINUTES) / 8;
    return { voice: bytes(voices), picture: pictures ? bytes(voices + pictures) : 0 };
}

/** @param {number} linkKbps @returns {number} */
function pictureKbps(linkKbps) {
    const room = PICTURE_SHARE * (linkKbps - VOICE_KBPS);
    return room < PICTURE_LEAST_KBPS ? 0 : Math.min(room, room < NEXT_SIZE_KBPS ? FACE_KBPS : PICTURE_MOST_KBPS);
}

/** @param {number} bytes @returns {string} */
function sizeText(bytes) {
    const megabytes = bytes / 1e6;
    return t("use.size", { megabytes: number(megabytes, { maximumFractionDigits: megabytes < 10 ? 1 : 0 }) });
}

/** @param {number} bytes @returns {string} empty when costs are not shown */
function costText(bytes) {
    if (!pricePerGb) return "";
    const cost = (bytes / 1e9) * pricePerGb;
    return `${number(cost, cost < 1 ? { maximumSignificantDigits: 1 } : { maximumFractionDigits: 0 })} ${currency}`.trim();
}
