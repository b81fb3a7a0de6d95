/**
 * The own microphone and camera as a person uses them: muted, switched off, voice only. Owns: these choices, their
 * memory, and what the server hears of them. Must never know a peer connection, a socket or a page: messages go out
 * by `send`, tracks by `onTrack`.
 */

/** @import {ClientMessage, ClinicalProfile, VideoParameters} from "../../signaling/messages.js" */
/** @import {Kind} from "./capture.js" */

import { Capture, PLAIN, isMissing } from "./capture.js";

const STORAGE_KEY = "keneya.preferences";
/** @type {Choice} */
const NO_CHOICE = { audio_only: false, save_data: false, profile: "face" };
/** What the server assumes of a new session. */
const NOTHING_OFF = { audio_muted: false, video_muted: false };

/**
 * @typedef {{audio_only: boolean, save_data: boolean, profile: ClinicalProfile}} Choice
 *
 * @typedef {object} DeviceCallbacks
 * @property {(message: ClientMessage) => number} send
 * @property {(kind: Kind, track: MediaStreamTrack | null) => void} onTrack a device was opened, given back or lost
 * @property {() => void} onDevices own tracks, device states, mute, camera or another choice changed
 */

export class OwnDevices {
    #muted = false;
    /** The person switched the camera off (not: it is missing or resting). */
    #cameraOff = false;
    /** Remembered by this tab, so that a reload does not start the picture again. */
    #preferences = remembered();
    #announcing = false;
    /** What the server was last told to be off. */
    #announced = NOTHING_OFF;

    /** @param {DeviceCallbacks} callbacks */
    constructor(callbacks) {
        this.callbacks = callbacks;
        this.capture = new Capture((kind) => {
            const track = this.capture.tracks[kind];
            if (track && kind === "audio") track.enabled = !this.#muted;
            this.callbacks.onTrack(kind, track);
            this.#changed();
        });
    }

    get muted() {
        return this.#muted;
    }

    /** What the person chose. @returns {Readonly<Choice>} */
    get preferences() {
        return this.#preferences;
    }

    /** Nobody would see it: switched off, or voice only. */
    get cameraRests() {
        return this.#cameraOff || this.#preferences.audio_only;
    }

    /** Opens microphone and camera (unless the person switched it off). */
    async open() {
        await (this.cameraRests ? this.capture.open("audio") : this.capture.open("audio", "video"));
    }

    close() {
        this.capture.close("audio", "video");
    }

    /** Gives the camera back until `open`: nobody is looking. */
    restCamera() {
        this.capture.close("video");
    }

    /** @param {boolean} muted */
    setMuted(muted) {
        this.#muted = muted;
        if (this.capture.tracks.audio) this.capture.tracks.audio.enabled = !muted;
        this.#changed();
    }

    /** @param {boolean} off */
    async setCameraOff(off) {
        this.#cameraOff = off;
        if (!off && this.#preferences.audio_only) this.choose({ audio_only: false });
        else if (off) this.capture.close("video");
        else await this.capture.open("video");
        this.#changed();
    }

    /** A camera that was switched off comes back with the next `open`, and not before. */
    forgetCameraOff() {
        this.#cameraOff = false;
    }

    /** @param {Partial<Choice>} change of what the person wants; holds at once */
    choose(change) {
        const rested = this.cameraRests;
        this.#preferences = { ...this.#preferences, ...change };
        remember(this.#preferences);
        this.#sendPreferences();
        if (this.cameraRests && !rested) this.capture.close("video");
        // Before a call both devices may be resting: the picture comes back only where sound is open.
        if (rested && !this.cameraRests && this.capture.states.audio !== "off") void this.capture.open("video");
        this.#changed();
    }

    /** The next person, or the next patient, does not inherit these. @param {Partial<Choice>} [choices] */
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
     * From here on (or no longer) the others are told what they will not hear or see: switched off, or not there.
     * @param {boolean} on
     */
    tellOthers(on) {
        this.#announcing = on;
        this.#announce();
    }

    /** The server is there. @param {boolean} resumed whether it still knows this session */
    welcomed(resumed) {
        if (!resumed) {
            this.#announced = NOTHING_OFF;
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

    #announce() {
        if (!this.#announcing) return;
        const off = {
            audio_muted: this.#muted || isMissing(this.capture.states.audio),
            video_muted: this.#cameraOff || isMissing(this.capture.states.video),
        };
        const { audio_muted, video_muted } = this.#announced;
        if (off.audio_muted === audio_muted && off.video_muted === video_muted) return;
        this.#announced = off;
        this.callbacks.send({ type: "media_state", ...off });
    }
}

/** @returns {Choice} */
function remembered() {
    try {
        return { ...NO_CHOICE, ...JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "{}") };
    } catch {
        return NO_CHOICE; // storage is refused in some kiosk modes: the choice then lasts until the page closes
    }
}

/** @param {Choice} preferences */
function remember(preferences) {
    try {
        sessionStorage.setItem(STORAGE_KEY, JSON.stringify(preferences));
    } catch {
        // storage is refused, as above
    }
}
