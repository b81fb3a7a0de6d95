/**
 * One other participant in a call: picture, sound, name and state. Owns: the two media elements. Must never know a socket
 * or a peer connection, only the tracks of receivers.
 */

/** @import {Participant} from "../../signaling/messages.js" */
/** @import {SlotMedia} from "../link/leg.js" */
/** @import {PersonView} from "./callstate.js" */

import { attach, icon, make, setText, swapIcon } from "../../base/dom.js";
import { say } from "../../base/i18n.js";
import { makeLink, showLink } from "./links.js";
import { Pictures } from "./pictures.js";

// The lowest video rung shows about one picture a second; four seconds without a picture mean voice only.
const NO_PICTURE_AFTER_MS = 4_000;

export class Tile {
    /** @type {Participant} */
    #participant;
    #pictures;
    /** The id of the track of this participant's voice. */
    voiceTrack = "";

    /**
     * @param {Participant} participant @param {(blocked: boolean) => void} onBlocked whether the browser waits for a tap to start sound
     */
    constructor(participant, onBlocked) {
        this.#participant = participant;
        this.onBlocked = onBlocked;
        this.video = make("video", { class: "remote", autoplay: "", playsinline: "" });
        this.video.muted = true; // sound has its own element, so the browser never blocks the picture
        this.#pictures = new Pictures(this.video);
        this.audio = make("audio", { autoplay: "" });
        this.avatar = make("div", { class: "avatar" }, icon(participant.role === "station" ? "person" : "doctor"));
        this.name = make("span", { class: "tile-name" });
        this.speaks = make("span", { class: "tile-speaks" }, icon("speaker"), make("span"));
        this.speaks.hidden = true;
        const words = this.speaks.lastElementChild;
        if (words) say(words, "turn.speaks");
        this.states = ["mic-off", "camera-off"].map((picture) => make("span", { class: "tile-state" }, icon(picture), make("span")));
        this.link = makeLink();
        this.element = make("div", { class: "tile", "data-participant": participant.participant_id },
            this.video, this.audio, this.avatar, make("div", { class: "tile-foot" }, this.name, this.speaks, ...this.states, this.link));
    }

    get participant() {
        return this.#participant;
    }

    /** @param {PersonView} shown */
    show({ participant, name, hasPicture, states }) {
        this.#participant = participant;
        setText(this.name, name);
        showLink(this.link, participant.link);
        this.element.classList.toggle("has-picture", hasPicture);
        this.states.forEach((element, index) => {
            const state = states[index];
            element.hidden = !state;
            const words = element.lastElementChild;
            if (!state || !words) return;
            say(words, state.key);
            swapIcon(element, state.picture);
        });
    }

    /** @param {SlotMedia | null} slot the receive slot that carries this participant */
    carry(slot) {
        attach(this.video, slot?.video.track ?? null);
        attach(this.audio, slot?.audio.track ?? null);
        this.voiceTrack = slot?.audio.track.id ?? "";
        if (slot) this.play();
    }

    /** Starts the sound; also called from a tap if the browser requires one. */
    play() {
        void this.audio.play().then(
            () => this.onBlocked(false),
            (error) => {
                // Anything else (AbortError) means that a newer play() is under way.
                if (error.name === "NotAllowedError") this.onBlocked(true);
            },
        );
    }

    /** Whether pictures still arrive; call regularly. @param {number} nowMs @returns {boolean} */
    flows(nowMs) {
        // Firefox pauses a muted picture that began by itself once it is not visible, and does not go on when it is again.
        if (this.video.paused && this.video.srcObject) void this.video.play().catch(() => {});
        return nowMs - this.#pictures.newestMs(nowMs) < NO_PICTURE_AFTER_MS && this.video.srcObject !== null;
    }

    /** @param {number} level of the voice, 0 to 1 @param {boolean} speaks */
    showVoice(level, speaks) {
        this.element.classList.toggle("speaking", speaks);
        this.speaks.hidden = !speaks;
        this.avatar.style.setProperty("--level", String(Math.min(1, level * 4))); // speech rarely exceeds a quarter
    }

    /** Removes the tile: the participant is gone. */
    remove() {
        this.carry(null);
        this.element.remove();
    }
}
