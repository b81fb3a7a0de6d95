/**
 * What a call view shows besides faces and buttons: the rung and its reason, who speaks, when an answer can arrive, and the
 * panel of choices. Owns: these elements and their style sheet. The page loads it late, while the link is idle. Must never
 * send anything: choices go to the own devices.
 */

/** @import {LinkQuality, Participant, Rungs} from "../../signaling/messages.js" */
/** @import {Media} from "../link/media.js" */
/** @import {Tile} from "./tile.js" */

import { icon, make } from "../../base/dom.js";
import { say } from "../../base/i18n.js";
import { FrozenReader } from "./frozen.js";
import { QualityPanel } from "./quality.js";
import { RungLine } from "./rungs.js";
import { Levels, Turn, Voice } from "./speaking.js";

// The shortest pause between two sentences is twice as long.
const LISTEN_MS = 150;
const STYLE = new URL("./insight.css", import.meta.url).pathname;

/**
 * @typedef {object} Place where the call view puts the insight
 * @property {HTMLElement} root
 * @property {HTMLElement} facts the rung comes after these
 * @property {HTMLElement} ownBox
 * @property {HTMLElement} qualityButton
 * @property {boolean} profiles whether the person can choose what the picture shows
 */

export class Insight {
    #rungLine = new RungLine();
    #levels = new Levels();
    #ownVoice = new Voice();
    /** Of the own picture. */
    #frozen = new FrozenReader();
    /** @type {WeakMap<Tile, Voice>} */
    #voices = new WeakMap();
    #turn = new Turn();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #listening;

    /** @param {Media} media @param {Place} place */
    constructor(media, { root, facts, ownBox, qualityButton, profiles }) {
        document.head.append(make("link", { rel: "stylesheet", href: STYLE }));
        this.media = media;
        this.ownBox = ownBox;
        this.ownSpeaks = make("span", { class: "own-speaks" }, icon("mic"), said("turn.you"));
        this.turnCue = make("p", { class: "turn" }, make("span", { class: "turn-way", "aria-hidden": "true" }, make("i")), said("turn.wait"));
        this.ownSpeaks.hidden = this.turnCue.hidden = true;
        this.panel = new QualityPanel(media.devices, qualityButton, profiles);
        ownBox.append(this.ownSpeaks);
        facts.after(this.#rungLine.element);
        root.append(this.turnCue, this.panel.element);
    }

    /** @param {Rungs | null} rungs null: towards nobody @param {Participant[]} others @param {boolean} cameraFails the own one */
    showRungs(rungs, others, cameraFails) {
        this.#rungLine.show(rungs, others, cameraFails);
    }

    /** @param {() => {tiles: Iterable<Tile>, quality: LinkQuality | null, unheard: boolean}} now what is there to be listened to */
    start(now) {
        this.#listening ??= setInterval(() => void this.#listen(now), LISTEN_MS);
    }

    /** Whether the own picture stands still for the others; a camera that gives none is opened again. @param {RTCStatsReport} report */
    isFrozen(report) {
        const { leg, devices } = this.media;
        const frozen = this.#frozen.read(report, leg.sendsPicture, performance.now());
        if (frozen === "camera") devices.capture.restartCamera();
        return frozen !== "";
    }

    stop() {
        clearInterval(this.#listening);
        this.#listening = undefined;
        this.#levels = new Levels();
        this.ownSpeaks.hidden = this.turnCue.hidden = true;
        this.panel.close(false);
    }

    /** @param {() => {tiles: Iterable<Tile>, quality: LinkQuality | null, unheard: boolean}} now */
    async #listen(now) {
        const report = await this.media.leg.stats();
        if (!report || this.#listening === undefined) return;
        const { tiles, quality, unheard } = now();
        const nowMs = performance.now();
        const levels = this.#levels.read(report);
        const speaks = this.#ownVoice.hear(this.media.devices.muted || unheard ? 0 : levels.get("") ?? 0, nowMs);
        this.ownSpeaks.hidden = !speaks;
        this.ownBox.classList.toggle("speaking", speaks);
        let answered = false;
        let roundMs = 0;
        for (const tile of tiles) {
            answered = this.#hear(tile, levels, nowMs) || answered;
            roundMs = Math.max(roundMs, (quality?.rtt_ms ?? 0) + (tile.participant.link.rtt_ms ?? 0));
        }
        const waitMs = this.#turn.next(this.#ownVoice, answered, roundMs, nowMs);
        if (waitMs > 0 && this.turnCue.hidden) this.turnCue.style.setProperty("--round", `${Math.round(waitMs)}ms`);
        this.turnCue.hidden = waitMs <= 0;
    }

    /** @param {Tile} tile @param {Map<string, number>} levels @param {number} nowMs @returns {boolean} whether it speaks */
    #hear(tile, levels, nowMs) {
        const voice = this.#voices.get(tile) ?? new Voice();
        this.#voices.set(tile, voice);
        const level = tile.participant.audio_muted ? 0 : levels.get(tile.voiceTrack) ?? 0;
        const speaks = voice.hear(level, nowMs);
        tile.showVoice(level, speaks);
        return speaks;
    }
}

/** @param {string} key @returns {HTMLElement} */
function said(key) {
    const words = make("span");
    say(words, key);
    return words;
}
