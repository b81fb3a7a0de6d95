/**
 * The rung of the call as a text and an icon, and whose link limits it. Owns: one line of the call view. Must never
 * decide a rung; the server does.
 */

/** @import {Participant, Rung, Rungs} from "../../signaling/messages.js" */

import { icon, make, setText, swapIcon } from "../../base/dom.js";
import { t } from "../../base/i18n.js";

/** Best first. @type {readonly Rung[]} */
const LADDER = ["video-high", "video", "video-low", "stills", "voice", "voice-thin", "messages"];
/** @type {Record<Rung, string>} */
const ICONS = { "video-high": "camera", video: "camera", "video-low": "camera", stills: "photo", voice: "voice", "voice-thin": "voice", messages: "away" };
// From this rung down people miss something and want to know why.
const EXPLAINED_FROM = LADDER.indexOf("video-low");
/** @type {Record<string, string>} the other's reason, as this side says it */
const OTHER_REASONS = { link: "why.other_link", pinned: "why.other_pinned", camera_off: "why.other_camera" };

export class RungLine {
    constructor() {
        this.down = way();
        this.up = way();
        this.why = make("span", { class: "rung-why" });
        this.element = make("p", { class: "rung", role: "status", "aria-atomic": "true" }, this.down, this.up, this.why);
        this.element.hidden = true;
    }

    /** @param {Rungs | null} rungs null: out of a call @param {Participant[]} others @param {boolean} [cameraFails] the own one was not switched off */
    show(rungs, others, cameraFails = false) {
        this.element.hidden = rungs === null;
        if (!rungs) return;
        const same = rungs.down === rungs.up;
        fill(this.down, rungs.down, same ? "" : t("rung.received"));
        this.up.hidden = same;
        fill(this.up, rungs.up, t("rung.sent"));
        const why = whyText(rungs, others, cameraFails);
        setText(this.why, why);
        this.why.hidden = !why;
        this.element.classList.toggle("low", lower(rungs) > EXPLAINED_FROM);
    }
}

/** @param {Rungs} rungs @param {Participant[]} others @param {boolean} cameraFails @returns {string} empty: nothing to explain */
function whyText(rungs, others, cameraFails) {
    const key = whyKey(rungs, others, cameraFails);
    const other = blamed(others);
    return key ? t(key, { place: other ? other.site || other.name : "" }) : "";
}

/** @param {Rungs} rungs @param {Participant[]} others @param {boolean} cameraFails @returns {string} a key of the catalogs, or empty */
function whyKey({ reason, ...ways }, others, cameraFails) {
    if (reason === "pinned") return "why.pinned";
    if (reason === "camera_off") return cameraFails ? "why.camera_fails" : "why.camera";
    if (lower(ways) < EXPLAINED_FROM) return "";
    const other = blamed(others);
    if (reason === "other_side" && other?.rung_reason === "camera_off" && other.video_fault) return "why.other_camera_fails";
    if (reason === "other_side") return OTHER_REASONS[other?.rung_reason ?? ""] ?? "why.other_side";
    // A picture that is small at the start grows by itself, so it needs no reason.
    if (reason === "starting") return lower(ways) > EXPLAINED_FROM ? "why.starting" : "";
    return reason === "link" ? "why.link" : "";
}

/** The participant who limits the call: the first with an own reason. @param {Participant[]} others */
function blamed(others) {
    return others.find((one) => (one.rung_reason ?? "") in OTHER_REASONS) ?? others[0];
}

/** @param {{down: Rung, up: Rung}} ways @returns {number} the place of the lower rung on the ladder */
function lower({ down, up }) {
    return Math.max(LADDER.indexOf(down), LADDER.indexOf(up));
}

/** @returns {HTMLElement} */
function way() {
    return make("span", { class: "rung-way" }, icon("voice"), make("span"));
}

/** @param {HTMLElement} element @param {Rung} rung @param {string} label */
function fill(element, rung, label) {
    const words = element.lastElementChild;
    const name = t(`rung.${rung}`);
    if (words) setText(words, label ? `${label} ${name}` : name.charAt(0).toUpperCase() + name.slice(1));
    swapIcon(element, ICONS[rung]);
}
