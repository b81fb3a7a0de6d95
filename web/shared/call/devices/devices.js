/**
 * The card that shows the own camera and microphone before a call, and says what is missing, why, and what still works.
 * Must never open or close a device itself.
 */

/** @import {OwnDevices} from "./owndevices.js" */
/** @import {DeviceState} from "./capture.js" */

import { isMissing } from "./capture.js";
import { attach, find, icon, make } from "../../base/dom.js";
import { say, translate } from "../../base/i18n.js";
import { Meter } from "./meter.js";

export class DeviceCard {
    #meter = new Meter((level) => this.#bar.style.setProperty("--level", String(level)));
    /** @type {MediaStreamTrack | null} */
    #heard = null;
    #noteKey = "";
    /** @type {HTMLElement} */
    #bar;

    /** @param {HTMLElement} root the element `[data-devices]` */
    constructor(root) {
        this.video = find("video", HTMLVideoElement, root);
        this.preview = find(".preview", HTMLElement, root);
        this.words = find(".preview-words", HTMLElement, root);
        this.note = find(".device-note", HTMLElement, root);
        this.#bar = find(".meter-bar span", HTMLElement, root);
        this.micState = find("[data-mic-state]", HTMLElement, root);
    }

    /** @param {OwnDevices} devices @param {boolean} shown whether the card is visible now */
    show({ capture }, shown) {
        const { tracks, states } = capture;
        attach(this.video, shown ? tracks.video : null);
        this.video.hidden = !tracks.video;
        this.words.hidden = !!tracks.video;
        say(find("span", HTMLElement, this.words), `preview.${states.video}`);
        say(this.micState, tracks.audio ? "mic.on" : `mic.${states.audio}`);
        const heard = shown ? tracks.audio : null;
        if (heard !== this.#heard) {
            this.#heard = heard;
            this.#meter.listen(heard);
        }
        this.#showNote(noteFor(states.audio, states.video));
        // An empty picture beside the words that explain it would only push them off the screen.
        this.preview.hidden = isMissing(states.video);
    }

    /** @param {string} key one of `note.*`, or empty when all is well */
    #showNote(key) {
        if (key === this.#noteKey) return;
        this.#noteKey = key;
        this.note.hidden = key === "";
        if (key === "") return;
        const denied = key.startsWith("note.denied");
        const head = make("strong", {}, icon(key.endsWith("camera") ? "camera-off" : "mic-off"),
            make("span", { "data-i18n": `${key}.title` }));
        const again = make("button", { type: "button", class: "button quiet", "data-action": "devices" });
        say(again, "action.again");
        this.note.replaceChildren(head, ...(denied ? [icon("hint", "hint-picture")] : []),
            make("p", { "data-i18n": `${key}.text` }), again);
        translate(this.note);
    }
}

/** The one thing to say first. @param {DeviceState} audio @param {DeviceState} video @returns {string} */
function noteFor(audio, video) {
    if (isMissing(audio) && isMissing(video)) return audio === "denied" || video === "denied" ? "note.denied.both" : "note.none.both";
    if (isMissing(audio)) return `note.${audio}.mic`;
    if (isMissing(video)) return `note.${video}.camera`;
    return "";
}
