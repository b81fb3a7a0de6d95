/**
 * The card that shows the own camera and microphone before a call, and says what is missing, why, and what still works.
 * Must never open or close a device itself.
 */

/** @import {OwnDevices} from "./owndevices.js" */
/** @import {DeviceState} from "./devicetable.js" */

import { isMissing } from "./devicetable.js";
import { attach, find } from "../../base/dom.js";
import { say } from "../../base/i18n.js";
import { Meter } from "./meter.js";

export class DeviceCard {
    #meter = new Meter((level) => this.#bar.style.setProperty("--level", String(level)));
    /** @type {MediaStreamTrack | null} */
    #heard = null;
    #shown = "";
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
        void this.#showNote(states.audio, states.video);
        // An empty picture would only push the words that explain it off the screen.
        this.preview.hidden = isMissing(states.video);
    }

    /**
     * Shows the note; its texts are loaded when a device is missing.
     * @param {DeviceState} audio @param {DeviceState} video
     */
    async #showNote(audio, video) {
        const shown = `${audio} ${video}`;
        if (shown === this.#shown) return;
        this.#shown = shown;
        if (!isMissing(audio) && !isMissing(video)) {
            this.note.hidden = true;
            return;
        }
        try {
            const { notes } = await import("./notes.js");
            const parts = await notes(audio, video);
            if (shown !== this.#shown) return;
            this.note.replaceChildren(...parts);
            this.note.hidden = false;
        } catch {
            this.#shown = ""; // the link is away: only the texts beside the picture say what is missing
        }
    }
}
