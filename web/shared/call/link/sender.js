/**
 * Applies `send_parameters` to the senders of a leg. Owns: the order of changes (one at a time, the newest wins). The shape
 * of the voice is part of the held answer. Must never send anything to the server.
 */

/** @import {AudioParameters, VideoParameters, SendParameters} from "../../signaling/messages.js" */
/** @import {HeldAnswer} from "./heldanswer.js" */

import { PLAIN } from "../devices/capture.js";
import { editAnswer, readVoice } from "./sdp.js";

/**
 * The codec of an encoding (W3C webrtc-extensions) and its layers (W3C webrtc-svc), which TypeScript's lib.dom does not
 * declare yet.
 * @typedef {RTCRtpEncodingParameters & {codec?: RTCRtpCodec, scalabilityMode?: string}} EncodingWithCodec
 */

// libopus goes no lower (RFC 7587 section 6.1: maxaveragebitrate is 6000 to 510000).
const OPUS_MIN_BPS = 6000;
// The same as the thinnest shape of media/core/quality/voicesteps.py.
const THINNEST_VOICE = { ptime_ms: 120, max_bitrate_bps: OPUS_MIN_BPS, red: false };
// These change only by a new negotiation; the bitrate is a property of the encoding.
const VOICE_SHAPE = /** @type {const} */ (["ptime_ms", "dtx", "fec", "red", "level"]);

export class SendControl {
    /** @type {SendParameters | null} */
    #wanted = null;
    /** The parameters that were last asked for. @type {SendParameters | null} */
    #latest = null;
    /** The server's last `send_parameters`. @type {SendParameters | null} */
    #ordered = null;
    #resting = false;
    #holds = false;
    #busy = false;

    /**
     * @param {RTCPeerConnection} connection with its answer in force
     * @param {RTCRtpSender} audio
     * @param {RTCRtpSender} video
     * @param {HeldAnswer} answer
     * @param {RTCRtpSender | null} [low] the second, small encoding of the picture
     */
    constructor(connection, audio, video, answer, low = null) {
        this.low = low;
        this.connection = connection;
        this.audio = audio;
        this.video = video;
        this.answer = answer;
    }

    /** @param {SendParameters} parameters */
    async apply(parameters) {
        this.#ordered = parameters;
        // While this page holds, parameters with a picture are older than the collapse.
        await this.#carryOut(this.#holds && parameters.video.active ? leastOf(parameters) : parameters);
    }

    /** @param {SendParameters} parameters */
    async #carryOut(parameters) {
        this.#wanted = this.#latest = parameters;
        if (this.#busy) return;
        this.#busy = true;
        try {
            while (this.#wanted && this.connection.signalingState !== "closed") {
                const next = this.#wanted;
                this.#wanted = null;
                await this.#applyOne(next);
            }
        } finally {
            this.#busy = false;
        }
    }

    /** Sends as little as possible until the next parameters: the uplink is full, and reports wait behind the picture. */
    async hold() {
        if (this.#latest?.audio.active) await this.#carryOut(leastOf(this.#latest));
    }

    /**
     * Does the same by this page's own judgement; afterwards the server's last parameters apply again.
     * @param {boolean} holding
     */
    async holdOn(holding) {
        this.#holds = holding;
        if (holding) await this.hold();
        else if (this.#ordered) await this.#carryOut(this.#ordered);
    }

    /**
     * Sends no frame and few bits of voice for a moment. To end this costs nothing, not even a keyframe.
     * @param {boolean} resting
     */
    async rest(resting) {
        if (resting === this.#resting) return;
        this.#resting = resting;
        if (this.#latest) await this.#carryOut(this.#latest);
    }

    /** Applies the voice first; the picture may wait. @param {SendParameters} parameters */
    async #applyOne({ audio, video, low }) {
        await setEncoding(this.audio, (encoding) => {
            encoding.active = audio.active;
            encoding.maxBitrate = this.#resting ? OPUS_MIN_BPS : Math.max(audio.max_bitrate_bps, OPUS_MIN_BPS);
        });
        await this.#setVideo(this.video, video);
        await this.#setLow(low);
        await this.#setVoice(audio);
    }

    /** The camera feeds the second sender only while the server asks for it. @param {VideoParameters} [video] */
    async #setLow(video) {
        if (!this.low) return;
        const track = video?.active ? this.video.track : null;
        if (this.low.track !== track) await this.low.replaceTrack(track);
        if (video) await this.#setVideo(this.low, video);
        else await setEncoding(this.low, (encoding) => { encoding.active = false; });
    }

    /** @param {RTCRtpSender} sender @param {VideoParameters} video */
    async #setVideo(sender, video) {
        /** @param {EncodingWithCodec} encoding @param {RTCRtpSendParameters} parameters */
        const change = (encoding, parameters) => {
            encoding.active = video.active;
            if (video.max_bitrate_bps > 0) encoding.maxBitrate = video.max_bitrate_bps;
            if (this.#resting) encoding.maxFramerate = 0;
            else limitFramerate(encoding, video.max_framerate, this.video.track?.getSettings().frameRate);
            encoding.scaleResolutionDownBy = Math.max(video.scale_resolution_down_by * this.#excess(), 1);
            chooseCodec(encoding, parameters, video.codec);
            if (video.scalability_mode) encoding.scalabilityMode = video.scalability_mode;
            else delete encoding.scalabilityMode;
            // The track's contentHint is not used: Chromium treats "detail" as a shared screen, which skin is not.
            if (video.degradation_preference) parameters.degradationPreference = video.degradation_preference;
            else delete parameters.degradationPreference;
        };
        try {
            await setEncoding(sender, change);
        } catch (error) {
            if (this.connection.signalingState === "closed") return;
            // This browser knows no choice of codec, or no layers: apply everything else.
            console.warn("video parameters without codec and layers", error instanceof Error ? error.name : "");
            await setEncoding(sender, (encoding, parameters) => {
                change(encoding, parameters);
                delete encoding.codec;
                delete encoding.scalabilityMode;
            });
        }
    }

    /** The camera's lines divided by the lines that the scale assumes; an upright phone counts its shorter side. */
    #excess() {
        const { width, height } = this.video.track?.getSettings() ?? {};
        return width && height ? Math.min(width, height) / PLAIN.lines : 1;
    }

    /**
     * Changes packet time, DTX, FEC, RED and levels by another negotiation with the held answer: no byte crosses the link.
     * The bitrate alone needs no negotiation.
     * @param {AudioParameters} audio
     */
    async #setVoice(audio) {
        // A paused voice needs no new packet time, and the encoding already has its bitrate.
        if (!audio.active) return;
        // An answer without RED, or a browser without levels, cannot provide these: the text stays, without a negotiation.
        await this.answer.change((sdp, _given, offer) => {
            const now = readVoice(sdp);
            return !now || VOICE_SHAPE.every((name) => now[name] === audio[name]) ? sdp : editAnswer(sdp, audio, offer);
        });
    }
}

/** The thinnest voice, and no picture. @param {SendParameters} parameters @returns {SendParameters} */
function leastOf({ audio, video, ...others }) {
    return { ...others, audio: { ...audio, ...THINNEST_VOICE }, video: { ...video, active: false }, low: undefined };
}

/**
 * @param {RTCRtpSender} sender
 * @param {(encoding: EncodingWithCodec, parameters: RTCRtpSendParameters) => void} change
 */
async function setEncoding(sender, change) {
    const parameters = sender.getParameters();
    const encoding = parameters.encodings[0];
    if (!encoding) return; // the sender has stopped: the leg is closing
    const before = JSON.stringify(parameters);
    change(encoding, parameters);
    if (JSON.stringify(parameters) !== before) await sender.setParameters(parameters);
}

/** @param {EncodingWithCodec} encoding @param {RTCRtpSendParameters} parameters @param {string | null} name */
function chooseCodec(encoding, parameters, name) {
    const mime = name?.includes("/") ? name : `video/${name}`;
    const codec = name && parameters.codecs.find((c) => c.mimeType.toLowerCase() === mime.toLowerCase());
    if (!codec) {
        delete encoding.codec;
        return;
    }
    const { mimeType, clockRate, sdpFmtpLine } = codec;
    encoding.codec = sdpFmtpLine === undefined ? { mimeType, clockRate } : { mimeType, clockRate, sdpFmtpLine };
}

/**
 * Limits the frame rate. A limit equal to the camera's rate would drop each frame that is a moment early: one in ten.
 * @param {EncodingWithCodec} encoding @param {number} most 0: no limit @param {number | undefined} camera
 */
function limitFramerate(encoding, most, camera) {
    if (most > 0 && !(camera && most >= camera)) encoding.maxFramerate = most;
    else delete encoding.maxFramerate;
}
