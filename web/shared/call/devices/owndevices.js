/**
 * The own microphone and camera as a person uses them: muted, switched off, voice only. Owns: these choices, their storage,
 * and the messages about them. Must never know a peer connection, a socket or a page: messages leave by `send`, tracks by
 * `onTrack`.
 */

/** @import {ClientMessage, ClinicalProfile, DeviceFault as Fault, VideoParameters} from "../../signaling/messages.js" */
/** @import {Kind} from "./capture.js" */

import { Capture, PLAIN } from "./capture.js";
import { isMissing } from "./devicetable.js";

const STORAGE_KEY = "keneya.preferences";
const OFF_KEY = "keneya.off";
/** @type {Choice} */
const NO_CHOICE = { audio_only: false, save_data: false, profile: "face" };
/** @type {Off} */
const NOTHING_OFF = { microphone: false, camera: false };

/**
 * @typedef {{audio_only: boolean, save_data: boolean, profile: ClinicalProfile}} Choice
 * @typedef {{microphone: boolean, camera: boolean}} Off what the person has switched off; not what is missing or closed
 * @typedef {{audio_muted: boolean, video_muted: boolean, audio_fault?: Fault, video_fault?: Fault}} MediaState
 *
 * @typedef {object} DeviceCallbacks
 * @property {(message: ClientMessage) => number} send
 * @property {(kind: Kind, track: MediaStreamTrack | null) => void} onTrack a device was opened, closed or lost
 * @property {() => void} onDevices own tracks, device states, mute, camera or another choice changed
 */

export class OwnDevices {
    /** This tab remembers what is off, as it does the choices: a reload switches on nothing that a person switched off. */
    #off = remembered(OFF_KEY, NOTHING_OFF);
    #preferences = remembered(STORAGE_KEY, NO_CHOICE);
    #announcing = false;
    /** What the server was last told is off; null: it was told nothing in this session. @type {MediaState | null} */
    #announced = null;

    /** @param {DeviceCallbacks} callbacks */
    constructor(callbacks) {
        this.callbacks = callbacks;
        this.capture = new Capture((kind) => {
            const track = this.capture.tracks[kind];
            if (track && kind === "audio") track.enabled = !this.muted;
            this.callbacks.onTrack(kind, track);
            this.#changed();
        });
    }

    get muted() {
        return this.#off.microphone;
    }

    /** What the person has chosen. @returns {Readonly<Choice>} */
    get preferences() {
        return this.#preferences;
    }

    /** Whether nobody would see the camera: it is switched off, or the call is voice only. */
    get cameraRests() {
        return this.#off.camera || this.#preferences.audio_only;
    }

    /** Opens the microphone, and the camera unless the person has switched it off. */
    async open() {
        await (this.cameraRests ? this.capture.open("audio") : this.capture.open("audio", "video"));
    }

    close() {
        this.capture.close("audio", "video");
    }

    /** Closes the camera until `open`, while nobody watches. */
    restCamera() {
        this.capture.close("video");
    }

    /** @param {boolean} muted */
    setMuted(muted) {
        this.#switch({ microphone: muted });
        if (this.capture.tracks.audio) this.capture.tracks.audio.enabled = !muted;
        // A person who presses the button wants to be heard, also after a refusal.
        if (!muted && isMissing(this.capture.states.audio)) void this.capture.open("audio");
        this.#changed();
    }

    /** Handles a press on the microphone's button: a device that gives nothing is tried again, and not switched off. */
    pressMicrophone() {
        if (!this.muted && isMissing(this.capture.states.audio)) void this.capture.open("audio");
        else this.setMuted(!this.muted);
    }

    /** Handles a press on the camera's button in the same way. */
    pressCamera() {
        if (isMissing(this.capture.states.video)) void this.capture.open("video");
        else void this.setCameraOff(!this.cameraRests);
    }

    /** @param {boolean} off */
    async setCameraOff(off) {
        this.#switch({ camera: off });
        if (!off && this.#preferences.audio_only) this.choose({ audio_only: false });
        else if (off) this.capture.close("video");
        else await this.capture.open("video");
        this.#changed();
    }

    /** Lets the next call begin with both on; a camera that was switched off opens with the next `open`, not before. */
    forgetOff() {
        if (!this.#off.microphone && !this.#off.camera) return;
        this.#switch(NOTHING_OFF);
        if (this.capture.tracks.audio) this.capture.tracks.audio.enabled = true;
        // Tell the server at once, so that the first words of the next call do not wait for this message.
        if (this.#announced) this.#announce(true);
        this.#changed();
    }

    /** @param {Partial<Off>} change */
    #switch(change) {
        this.#off = { ...this.#off, ...change };
        remember(OFF_KEY, this.#off);
    }

    /** Changes what the person has chosen, at once. @param {Partial<Choice>} change */
    choose(change) {
        const rested = this.cameraRests;
        this.#preferences = { ...this.#preferences, ...change };
        remember(STORAGE_KEY, this.#preferences);
        this.#sendPreferences();
        if (this.cameraRests && !rested) this.capture.close("video");
        // Before a call both devices may be closed: open the camera again only if the microphone is open.
        if (rested && !this.cameraRests && this.capture.states.audio !== "off") void this.capture.open("video");
        this.#changed();
    }

    /** Resets choices, which the next person or patient must not inherit. @param {Partial<Choice>} [choices] */
    forgetChoices(choices = NO_CHOICE) {
        const keys = /** @type {(keyof Choice)[]} */ (Object.keys(choices));
        if (keys.some((key) => this.#preferences[key] !== choices[key])) this.choose(choices);
    }

    /**
     * Asks the camera for the picture that is to be sent.
     * @param {VideoParameters} video active
     * @returns {Promise<boolean>} whether the camera was asked for another picture than before
     */
    async askCamera({ max_framerate, scale_resolution_down_by }) {
        return this.capture.ask(Math.round(PLAIN.lines / Math.min(scale_resolution_down_by, 1)), max_framerate);
    }

    /**
     * Begins or stops to tell the others what they cannot hear or see because it is switched off or missing.
     * @param {boolean} on
     */
    tellOthers(on) {
        this.#announcing = on;
        this.#announce();
    }

    /** The server has welcomed the page. @param {boolean} resumed whether the server still has this session */
    welcomed(resumed) {
        if (!resumed) {
            this.#announced = null;
            this.#sendPreferences();
        }
        this.#announce();
    }

    #changed() {
        this.#announce();
        this.callbacks.onDevices();
    }

    #sendPreferences() {
        this.callbacks.send({ type: "preferences", ...this.#preferences });
    }

    /** @param {boolean} [now] whether to tell the others even outside of a call */
    #announce(now = this.#announcing) {
        if (!now) return;
        const { audio, video } = this.capture.states;
        const { microphone, camera } = this.#off;
        const state = {
            audio_muted: microphone || isMissing(audio),
            video_muted: camera || isMissing(video),
            // A device that a person switched off has no fault.
            ...(!microphone && isMissing(audio) ? { audio_fault: audio } : {}),
            ...(!camera && isMissing(video) ? { video_fault: video } : {}),
        };
        if (JSON.stringify(state) === JSON.stringify(this.#announced)) return;
        this.#announced = state;
        this.callbacks.send({ type: "media_state", ...state });
    }
}

/** @template {object} T @param {string} key @param {T} otherwise @returns {T} */
function remembered(key, otherwise) {
    try {
        return { ...otherwise, ...JSON.parse(sessionStorage.getItem(key) ?? "{}") };
    } catch {
        return otherwise; // some kiosk modes refuse storage: the choice then lasts until the page closes
    }
}

/** @param {string} key @param {object} chosen */
function remember(key, chosen) {
    try {
        sessionStorage.setItem(key, JSON.stringify(chosen));
    } catch {
        // storage is refused, as in remembered
    }
}
