/**
 * The own microphone and camera. Owns: asking for them, telling apart why one is missing, giving the camera
 * back so that its light goes out. Must never know a peer connection, a socket or a page.
 */

/**
 * on: a live track; off: given back or not asked for yet; none: no such device; denied: a person or a
 * policy refused; busy: another program holds it.
 * @typedef {"on" | "off" | "none" | "denied" | "busy"} DeviceState
 * @typedef {"audio" | "video"} Kind
 */

/** @type {MediaTrackConstraints} */
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
// The links that this is made for rarely carry more than 480 lines or 15 frames a second, and more heats the kiosk.
export const PLAIN = { lines: 480, framerate: 15 };
const WIDE = 4 / 3;

export class Capture {
    /** @type {Record<Kind, MediaStreamTrack | null>} */
    tracks = { audio: null, video: null };
    /** @type {Record<Kind, DeviceState>} */
    states = { audio: "off", video: "off" };
    /** What the page wants to have open. @type {Record<Kind, boolean>} */
    #wanted = { audio: false, video: false };
    /** @type {Promise<void> | null} */
    #asking = null;
    /** What the camera is asked for. */
    #picture = PLAIN;

    /** @param {(kind: Kind) => void} onChange a track or a state of this kind changed */
    constructor(onChange) {
        this.onChange = onChange;
        navigator.mediaDevices?.addEventListener("devicechange", () => void this.#retryMissing());
    }

    /**
     * Opens these devices if they are not open. Never rejects: the result is in `states`.
     * @param {...Kind} kinds
     */
    async open(...kinds) {
        for (const kind of kinds) this.#wanted[kind] = true;
        // One prompt at a time; a second wish waits for the first answer.
        while (this.#asking) await this.#asking;
        this.#asking = this.#ask().finally(() => {
            this.#asking = null;
        });
        await this.#asking;
    }

    /** Closes devices. @param {...Kind} kinds */
    close(...kinds) {
        for (const kind of kinds) {
            this.#wanted[kind] = false;
            this.#set(kind, null, "off");
        }
    }

    /**
     * Asks the camera for the picture that is to be sent now, and never for less than a plain picture: the encoder leaves
     * out what is too much.
     * @param {number} lines @param {number} framerate
     * @returns {Promise<boolean>} whether the camera was asked for another picture
     */
    async ask(lines, framerate) {
        const wanted = { lines: Math.max(lines, PLAIN.lines), framerate: Math.max(framerate, PLAIN.framerate) };
        if (wanted.lines === this.#picture.lines && wanted.framerate === this.#picture.framerate) return false;
        this.#picture = wanted;
        await this.tracks.video?.applyConstraints(pictureOf(wanted));
        return true;
    }

    async #ask() {
        const missing = this.#missing();
        if (missing.length === 2 && (await this.#tryOpen(missing)) === "on") return;
        // One of the two may still work: ask again, each alone.
        for (const kind of this.#missing()) {
            const outcome = await this.#tryOpen([kind]);
            if (outcome !== "on") this.#set(kind, null, outcome);
        }
    }

    /** @returns {Kind[]} */
    #missing() {
        return /** @type {Kind[]} */ (["audio", "video"]).filter((kind) => this.#wanted[kind] && !this.tracks[kind]);
    }

    /** @param {Kind[]} kinds @returns {Promise<DeviceState>} */
    async #tryOpen(kinds) {
        // Without TLS browsers hide the devices altogether.
        if (!navigator.mediaDevices) return "denied";
        let stream;
        try {
            const all = { audio: VOICE, video: pictureOf(this.#picture) };
            stream = await navigator.mediaDevices.getUserMedia(
                Object.fromEntries(kinds.map((kind) => [kind, all[kind]])),
            );
        } catch (error) {
            return reasonOf(error);
        }
        for (const track of stream.getTracks()) {
            const kind = /** @type {Kind} */ (track.kind);
            if (this.#wanted[kind]) this.#set(kind, track, "on");
            else track.stop(); // closed while the person was still being asked
        }
        return "on";
    }

    /** @param {Kind} kind @param {MediaStreamTrack | null} track @param {DeviceState} state */
    #set(kind, track, state) {
        const old = this.tracks[kind];
        if (old === track && this.states[kind] === state) return;
        if (old && old !== track) {
            old.onended = null;
            old.stop();
        }
        this.tracks[kind] = track;
        this.states[kind] = state;
        if (track) {
            track.onended = () => {
                if (this.tracks[kind] === track) this.#set(kind, null, "none"); // unplugged
            };
        }
        this.onChange(kind);
    }

    async #retryMissing() {
        const refused = /** @type {Kind[]} */ (["audio", "video"]).filter((kind) => this.states[kind] === "denied");
        // A plugged device is a reason to look again; a refusal is not undone by a cable.
        if (this.#missing().some((kind) => !refused.includes(kind))) await this.open();
    }
}

/** @param {{lines: number, framerate: number}} picture @returns {MediaTrackConstraints} wishes only: no camera is refused */
function pictureOf({ lines, framerate }) {
    return { width: { ideal: Math.round(lines * WIDE) }, height: { ideal: lines }, frameRate: { ideal: framerate } };
}

/** Whether a device was wanted and cannot be had. @param {DeviceState} state @returns {boolean} */
export function isMissing(state) {
    return state !== "on" && state !== "off";
}

/** W3C mediacapture-streams, getUserMedia(): the names of its failures. @param {unknown} error @returns {DeviceState} */
function reasonOf(error) {
    switch (error instanceof Error ? error.name : "") {
        case "NotAllowedError":
        case "SecurityError":
            return "denied";
        case "NotReadableError":
        case "AbortError":
            return "busy";
        default:
            return "none"; // NotFoundError, OverconstrainedError
    }
}
