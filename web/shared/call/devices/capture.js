/**
 * The own microphone and camera. Owns: the requests to the browser, the tracks, and the browser's events about them. Must
 * never decide when to ask for a device, nor what people are told: devicetable.js does. Must never know a peer connection,
 * a socket or a page.
 */

/** @import {Device, DeviceEvent, DeviceState, Effect} from "./devicetable.js" */
/** @typedef {"audio" | "video"} Kind */

import { next, START, stateOf } from "./devicetable.js";

/** @type {MediaTrackConstraints} */
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
// The links that this is made for rarely carry more than 480 lines or 15 frames a second, and more heats the kiosk.
export const PLAIN = { lines: 480, framerate: 15 };
const WIDE = 4 / 3;
/** @type {Kind[]} */
const KINDS = ["audio", "video"];

export class Capture {
    /** @type {Record<Kind, MediaStreamTrack | null>} */
    tracks = { audio: null, video: null };
    /** @type {Record<Kind, DeviceState>} */
    states = { audio: "off", video: "off" };
    /** @type {Record<Kind, Device>} */
    #devices = { audio: START, video: START };
    /** @type {Record<Kind, ReturnType<typeof setTimeout> | undefined>} */
    #timers = { audio: undefined, video: undefined };
    /** Settles when the browser has answered the present request. @type {Record<Kind, Promise<void>>} */
    #answers = { audio: Promise.resolve(), video: Promise.resolve() };
    /** The picture that the camera is asked for. */
    #picture = PLAIN;
    #watching = false;

    /** @param {(kind: Kind) => void} onChange a track or a state of this kind changed */
    constructor(onChange) {
        this.onChange = onChange;
        navigator.mediaDevices?.addEventListener("devicechange", () => void this.#listed());
    }

    /**
     * Opens these devices if they are not open. Never rejects: the result is in `states`.
     * @param {...Kind} kinds
     */
    async open(...kinds) {
        const wanted = kinds.filter((kind) => this.#dispatch(kind, { type: "open" }, true));
        if (wanted.length) this.#askFor(wanted, "");
        await Promise.all(kinds.map((kind) => this.#answers[kind]));
    }

    /** Closes devices. @param {...Kind} kinds */
    close(...kinds) {
        for (const kind of kinds) this.#dispatch(kind, { type: "close" });
    }

    /** Closes a camera whose picture is frozen, and opens it again, or another camera. */
    restartCamera() {
        if (this.states.video === "on") this.#dispatch("video", { type: "gone", atMs: performance.now() });
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

    /**
     * Handles an event of a device, and carries its effects out.
     * @param {Kind} kind @param {DeviceEvent} event @param {boolean} [together] the caller asks the browser, for both kinds at once
     * @param {MediaStreamTrack} [track] the new track
     * @returns {boolean} whether the caller must ask the browser
     */
    #dispatch(kind, event, together = false, track) {
        const { device, effects } = next(this.#devices[kind], event);
        this.#devices[kind] = device;
        const had = this.tracks[kind];
        for (const effect of effects) this.#carryOut(kind, effect, together, track);
        const state = stateOf(device);
        if (state !== this.states[kind] || had !== this.tracks[kind]) {
            this.states[kind] = state;
            this.onChange(kind);
        }
        // A track that ended before this page listened to it sends no event.
        if (track && this.tracks[kind] === track && track.readyState === "ended") this.#dispatch(kind, { type: "gone", atMs: performance.now() });
        else if (track && this.tracks[kind] === track && track.muted) this.#dispatch(kind, { type: "mute", atMs: performance.now() });
        return effects.some((effect) => effect.do === "ask");
    }

    /** @param {Kind} kind @param {Effect} effect @param {boolean} together @param {MediaStreamTrack} [track] */
    #carryOut(kind, effect, together, track) {
        if (effect.do !== "drop") clearTimeout(this.#timers[kind]);
        switch (effect.do) {
            case "ask":
                if (!together) this.#askFor([kind], effect.id);
                break;
            case "wait":
                this.#timers[kind] = setTimeout(() => this.#dispatch(kind, { type: "due" }), effect.ms);
                break;
            case "drop":
                track?.stop();
                break;
            default:
                this.#use(kind, effect.do === "take" ? (track ?? null) : null);
        }
    }

    /** @param {Kind} kind @param {MediaStreamTrack | null} track */
    #use(kind, track) {
        const old = this.tracks[kind];
        if (old) old.onended = old.onmute = old.onunmute = null;
        old?.stop();
        this.tracks[kind] = track;
        if (!track) return;
        track.onended = () => this.#dispatch(kind, { type: "gone", atMs: performance.now() });
        track.onmute = () => this.#dispatch(kind, { type: "mute", atMs: performance.now() });
        track.onunmute = () => this.#dispatch(kind, { type: "unmute" });
    }

    /** @param {Kind[]} kinds @param {string} id "": the browser chooses */
    #askFor(kinds, id) {
        const answer = this.#ask(kinds, id);
        for (const kind of kinds) this.#answers[kind] = answer;
    }

    /** @param {Kind[]} kinds @param {string} id */
    async #ask(kinds, id) {
        const outcome = await this.#tryOpen(kinds, id);
        // One of the two may still work, so ask for each alone.
        if (!(outcome instanceof Array) && kinds.length > 1) {
            for (const kind of kinds) await this.#ask([kind], id);
            return;
        }
        const isPlain = outcome instanceof Array && kinds.every((kind) => this.#devices[kind].phase !== "quiet");
        const devices = isPlain ? [] : await listed();
        for (const kind of kinds) {
            const others = idsOf(devices, kind);
            const track = outcome instanceof Array ? outcome.find((one) => one.kind === kind) : undefined;
            if (track) this.#dispatch(kind, { type: "got", id: idOf(track), silent: track.muted, others, atMs: performance.now() }, false, track);
            else this.#dispatch(kind, { type: "failed", why: outcome instanceof Array ? "none" : outcome, others });
        }
    }

    /** @param {Kind[]} kinds @param {string} id @returns {Promise<MediaStreamTrack[] | "none" | "denied" | "busy">} */
    async #tryOpen(kinds, id) {
        // Without TLS, browsers do not offer devices at all.
        if (!navigator.mediaDevices) return "denied";
        const all = { audio: VOICE, video: pictureOf(this.#picture) };
        const exactly = id ? { deviceId: { exact: id } } : {};
        try {
            const wanted = Object.fromEntries(kinds.map((kind) => [kind, { ...all[kind], ...exactly }]));
            return (await navigator.mediaDevices.getUserMedia(wanted)).getTracks();
        } catch (error) {
            const reason = reasonOf(error);
            if (reason === "denied") void this.#watchPermissions().catch(() => (this.#watching = false)); // the link is away: the next refusal tries again
            return reason;
        }
    }

    /** The list of devices has changed. A device may be gone without an event of its track. */
    async #listed() {
        const devices = await listed();
        for (const kind of KINDS) {
            const track = this.tracks[kind];
            if (track && isGone(track, devices)) this.#dispatch(kind, { type: "gone", atMs: performance.now() });
            else this.#dispatch(kind, { type: "listed" });
        }
    }

    /** Watches permissions after a refusal, because a person may grant them later. */
    async #watchPermissions() {
        if (this.#watching) return;
        this.#watching = true;
        const { watchPermissions } = await import("./permissions.js");
        await watchPermissions((kind) => this.#dispatch(kind, { type: "granted" }));
    }
}

/** @returns {Promise<MediaDeviceInfo[]>} */
async function listed() {
    try {
        return (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    } catch {
        return [];
    }
}

/** @param {MediaDeviceInfo[]} devices @param {Kind} kind */
function idsOf(devices, kind) {
    return devices.filter((one) => one.kind === `${kind}input`).map((one) => one.deviceId);
}

/** @param {MediaStreamTrack} track */
function idOf(track) {
    return track.getSettings().deviceId ?? "";
}

/** Whether the device of this track is no longer there; a list without ids cannot say. @param {MediaStreamTrack} track @param {MediaDeviceInfo[]} devices */
function isGone(track, devices) {
    const { deviceId, groupId } = track.getSettings();
    const own = devices.filter((one) => one.kind === `${track.kind}input`);
    if (!deviceId || own.some((one) => !one.deviceId)) return false;
    // "default" stays in the list, but may then mean another device.
    return !own.some((one) => (one.deviceId === deviceId || deviceId === "default") && (!groupId || !one.groupId || one.groupId === groupId));
}

/**
 * @param {{lines: number, framerate: number}} picture @returns {MediaTrackConstraints} ideals only, which exclude no camera
 */
function pictureOf({ lines, framerate }) {
    return { width: { ideal: Math.round(lines * WIDE) }, height: { ideal: lines }, frameRate: { ideal: framerate } };
}

/** W3C mediacapture-streams, getUserMedia(): the names of its failures. @param {unknown} error @returns {"none" | "denied" | "busy"} */
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
