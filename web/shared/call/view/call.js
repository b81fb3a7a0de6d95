/**
 * The view of a call, the same for stations and clinicians. Owns: its elements under one root and what they
 * show. Must never send a message: what a person wants goes out by callbacks.
 */

/** @import {Consultation, LinkQuality, Participant, Rungs} from "../../signaling/messages.js" */
/** @import {SlotMedia} from "../link/leg.js" */
/** @import {Media} from "../link/media.js" */
/** @import {Insight} from "./insight.js" */

import { isMissing } from "../devices/capture.js";
import { useText } from "./cost.js";
import { attach } from "../devices/devices.js";
import { icon, make, setText, swapIcon } from "../../base/dom.js";
import { FactReader } from "./facts.js";
import { notice } from "../../base/frame.js";
import { clock, errorText, onLanguage, say, t } from "../../base/i18n.js";
import { makeLink, showLink } from "./links.js";
import { Tile } from "./tile.js";

/** @type {Record<string, string>} the clock stands for the others */
const BANNER_ICONS = { "banner.muted": "mic-off", "banner.no_microphone": "mic-off", "banner.server_away": "away" };

const TICK_MS = 500;
const FACTS_EVERY_TICKS = 4;
// Probes of both sides (link/leg.js, and the relay) measure the link in the first 7 s of a leg. A file fetched beside
// them would make a thin link look thinner.
const INSIGHT_AFTER_MS = 8_000;

export class CallView {
    /** @type {Map<string, Tile>} */
    #tiles = new Map();
    /** @type {SlotMedia[]} */
    #slots = [];
    /** @type {Consultation | null} */
    #consultation = null;
    #startedMs = 0;
    #serverAway = false;
    #facts = new FactReader();
    #ticks = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #timer;
    /** @type {Rungs | null} */
    #rungs = null;
    /** @type {LinkQuality | null} */
    #quality = null;
    /** @type {Promise<Insight> | null} */
    #loading = null;
    /** @type {Insight | null} */
    #insight = null;

    /**
     * @param {HTMLElement} root
     * @param {Media} media
     * @param {boolean} mayLeave a clinician may leave without ending for everybody
     */
    constructor(root, media, mayLeave) {
        this.media = media;
        this.stage = make("div", { class: "stage" });
        this.own = make("video", { class: "own", autoplay: "", playsinline: "" });
        this.own.muted = true;
        this.ownBox = make("div", { class: "own-box" }, this.own, icon("camera-off"));
        this.banner = make("p", { class: "call-banner", role: "status" }, icon("clock"), make("span"));
        this.hear = make("button", { type: "button", class: "button hear", "data-action": "hear" }, icon("speaker"), make("span"));
        this.hear.hidden = true;
        this.hear.addEventListener("click", () => this.#tiles.forEach((tile) => tile.play()));
        this.time = make("span", { class: "call-time" });
        this.link = makeLink();
        this.use = make("span", { class: "call-use" });
        // Only a clinician needs the urgency and the reason; the kiosk's screen is seen by passers-by.
        this.case = make("p", { class: "call-case" }, icon("green"), make("span"));
        this.case.hidden = true;
        this.showsCase = mayLeave;
        this.mute = control("mute", "mic", "call.mute");
        this.camera = control("camera", "camera", "call.camera_off");
        const end = control("end", "hang-up", "call.end", "danger");
        this.quality = control("quality", "gauge", "call.quality");
        this.quality.setAttribute("aria-expanded", "false");
        this.quality.addEventListener("click", () => void this.#toggleQuality().catch(() => notice(errorText("server_away"))));
        this.facts = make("div", { class: "call-facts" }, this.time, this.link, this.use);
        this.root = root;
        const buttons = [this.mute, this.camera, this.quality, ...(mayLeave ? [control("leave", "leave", "call.leave")] : []), end];
        const heading = make("h1", { class: "hidden-text", "data-heading": "", tabindex: "-1" });
        say(heading, "call.title");
        const hearWords = this.hear.lastElementChild;
        if (hearWords) say(hearWords, "call.hear");
        const controls = make("div", { class: "controls", role: "group" }, ...buttons);
        controls.setAttribute("data-i18n-label", "call.controls");
        root.replaceChildren(heading, this.stage, this.ownBox,
            make("div", { class: "call-top" }, this.facts, this.case, this.banner),
            this.hear, controls);
        onLanguage(() => {
            this.devicesChanged();
            this.#showRungs();
        });
    }

    /** @param {Consultation} consultation @param {string} selfId */
    show(consultation, selfId) {
        if (this.#consultation?.consultation_id !== consultation.consultation_id) this.#startedMs = 0;
        this.#consultation = consultation;
        if (consultation.state === "in_call" && !this.#startedMs) this.#startedMs = Date.now();
        this.#arrange(consultation.participants.filter((one) => one.participant_id !== selfId));
        this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
        void this.#load().catch(withoutInsight);
        this.#listen();
        this.#showRungs();
        this.devicesChanged();
        this.#showBanner();
        this.#showCase(consultation);
    }

    hide() {
        this.case.hidden = true;
        this.case.lastElementChild?.replaceChildren();
        clearInterval(this.#timer);
        this.#timer = undefined;
        this.setRungs(null);
        this.#insight?.stop();
        this.#consultation = null;
        this.#facts = new FactReader();
        setText(this.use, "");
        this.#arrange([]);
        attach(this.own, null);
    }

    /** @param {SlotMedia[]} slots */
    setSlots(slots) {
        this.#slots = slots;
        this.#carry();
    }

    /** @param {LinkQuality} quality */
    setLink(quality) {
        this.#quality = quality;
        showLink(this.link, quality);
    }

    /** @param {Rungs | null} rungs where our leg stands; null: in no call */
    setRungs(rungs) {
        this.#rungs = rungs;
        this.#showRungs();
    }

    /** The condition of the leg (`media.leg.condition`) changed. */
    legChanged() {
        this.#showBanner();
        if (this.media.leg.condition === "connected") setTimeout(() => void this.#load().catch(withoutInsight), INSIGHT_AFTER_MS);
    }

    /** @param {boolean} away the socket is away; the call itself may go on */
    setServerAway(away) {
        this.#serverAway = away;
        this.#showBanner();
    }

    /** Own tracks, mute or camera changed. */
    devicesChanged() {
        const { capture, muted, cameraRests: cameraOff } = this.media.devices;
        this.#insight?.panel.show();
        attach(this.own, this.#consultation ? capture.tracks.video : null);
        this.ownBox.classList.toggle("has-picture", !!capture.tracks.video);
        press(this.mute, muted, muted || isMissing(capture.states.audio) ? "mic-off" : "mic", muted ? "call.unmute" : "call.mute");
        press(this.camera, cameraOff, cameraOff ? "camera-off" : "camera", cameraOff ? "call.camera_on" : "call.camera_off");
    }

    #showRungs() {
        const others = [...this.#tiles.values()].map((tile) => tile.participant);
        const inCall = this.#consultation?.state === "in_call" && others.some((one) => one.presence === "connected");
        const rungs = inCall ? this.#rungs : null;
        this.#insight?.showRungs(rungs, others);
        for (const [name, value] of [["rungDown", rungs?.down], ["rungUp", rungs?.up]]) {
            if (name && value) this.root.dataset[name] = value;
            else if (name) delete this.root.dataset[name];
        }
    }

    /** The rest of this view comes over the link when that rests, or else with the first call. @returns {Promise<Insight>} */
    #load() {
        this.#loading ??= import("./insight.js").then(({ Insight }) => {
            this.#insight = new Insight(this.media, {
                root: this.root, facts: this.facts, ownBox: this.ownBox, qualityButton: this.quality, profiles: this.showsCase,
            });
            this.#listen();
            this.#showRungs();
            return this.#insight;
        });
        this.#loading.catch(() => (this.#loading = null)); // whoever asked is told by the same promise
        return this.#loading;
    }

    #listen() {
        if (this.#consultation) this.#insight?.start(() => ({ tiles: this.#tiles.values(), quality: this.#quality }));
    }

    async #toggleQuality() {
        const { panel } = await this.#load();
        if (panel.isOpen) panel.close();
        else panel.open();
    }

    /** @param {Consultation} consultation */
    #showCase({ urgency, reason }) {
        this.case.hidden = !this.showsCase;
        if (!this.showsCase) return;
        this.case.className = `call-case urgency-${urgency}`;
        swapIcon(this.case, urgency);
        const words = this.case.lastElementChild;
        if (words) setText(words, [t(`urgency.${urgency}`), reason].filter(Boolean).join(" · "));
    }

    /** @param {Participant[]} others */
    #arrange(others) {
        for (const [id, tile] of this.#tiles) {
            if (others.some((one) => one.participant_id === id)) continue;
            tile.remove();
            this.#tiles.delete(id);
        }
        for (const other of others) {
            const known = this.#tiles.get(other.participant_id);
            if (known) {
                known.update(other);
                continue;
            }
            const tile = new Tile(other, (blocked) => (this.hear.hidden = !blocked));
            this.#tiles.set(other.participant_id, tile);
            this.stage.append(tile.element);
        }
        this.stage.dataset.count = String(others.length);
        if (others.length === 0) this.hear.hidden = true;
        this.#carry();
    }

    #carry() {
        for (const [id, tile] of this.#tiles) {
            tile.carry(this.#slots.find((slot) => slot.participantId === id) ?? null);
        }
    }

    #showBanner() {
        const key = this.#bannerKey();
        this.banner.hidden = key === "";
        const words = this.banner.lastElementChild;
        if (!key || !words) return;
        say(words, key);
        swapIcon(this.banner, BANNER_ICONS[key] ?? "clock");
    }

    /** The one thing to say first. @returns {string} */
    #bannerKey() {
        const { condition } = this.media.leg;
        const state = this.#consultation?.state;
        if (condition === "disconnected" || (condition === "connecting" && state === "interrupted")) return "banner.reconnecting";
        if (state === "accepted" || condition === "connecting") return "banner.connecting";
        if (state === "interrupted") return "banner.other_away";
        if (this.#serverAway) return "banner.server_away";
        if (isMissing(this.media.devices.capture.states.audio)) return "banner.no_microphone";
        return this.media.devices.muted ? "banner.muted" : "";
    }

    #tick() {
        const nowMs = performance.now();
        for (const tile of this.#tiles.values()) tile.tick(nowMs);
        setText(this.time, this.#startedMs ? clock((Date.now() - this.#startedMs) / 1000) : "");
        this.#showBanner();
        this.#ticks += 1;
        if (this.#ticks % FACTS_EVERY_TICKS === 0) void this.#showFacts();
    }

    async #showFacts() {
        const report = await this.media.leg.stats();
        const facts = report && this.#facts.read(report);
        if (!facts || !this.#consultation) return;
        const round = (/** @type {number} */ kbps) => Math.round(kbps);
        setText(this.use, t("call.use", { down: round(facts.downKbps), up: round(facts.upKbps), used: useText(facts.totalBytes) }));
    }
}

/** A call is whole without it; the next one, or a tap on its button, tries again. @param {unknown} error */
function withoutInsight(error) {
    console.warn("call:", error instanceof Error ? error.name : "insight did not load");
}

/**
 * @param {string} action @param {string} picture @param {string} key @param {string} [kind]
 * @returns {HTMLButtonElement}
 */
function control(action, picture, key, kind = "") {
    const words = make("span");
    say(words, key);
    return make("button", { type: "button", class: `control ${kind}`, "data-action": action }, icon(picture), words);
}

/** @param {HTMLButtonElement} button @param {boolean} pressed @param {string} picture @param {string} key */
function press(button, pressed, picture, key) {
    button.classList.toggle("pressed", pressed);
    swapIcon(button, picture);
    const words = button.lastElementChild;
    if (words) say(words, key);
}
