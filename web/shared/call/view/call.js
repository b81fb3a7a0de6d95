/**
 * The view of a call, the same on every page with a call. Owns: the elements under one root of the page's markup, the tiles
 * of the others, and the timers of the view. callstate.js decides what is shown. Must never send a message: callbacks
 * report what a person wants.
 */

/** @import {Consultation, Link, Rungs} from "../../signaling/messages.js" */
/** @import {SlotMedia} from "../link/leg.js" */
/** @import {Media} from "../link/media.js" */
/** @import {Insight} from "./insight.js" */

import { attach, find, setText, swapIcon } from "../../base/dom.js";
import { notice } from "../../base/frame.js";
import { alsoSay, clock, errorText, onLanguage, say, t } from "../../base/i18n.js";
import { joined } from "../../base/isolate.js";
import { Store } from "../../base/store.js";
import { reduce, shortKey, START, view } from "./callstate.js";
import { useText } from "./cost.js";
import { FactReader } from "./facts.js";
import { makeLink, showLink } from "./links.js";
import { Tile } from "./tile.js";

const TICK_MS = 500;
const FACTS_EVERY_TICKS = 4;
// In the first 7 s of a leg, probes of both sides (link/leg.js and the relay) measure the link. A download at the same time
// would make a thin link look thinner.
const INSIGHT_AFTER_MS = 8_000;

/** @typedef {ReturnType<typeof view>} Shown */

export class CallView {
    #store = new Store(START, reduce);
    /** @type {Map<string, Tile>} */
    #tiles = new Map();
    /** @type {SlotMedia[]} */
    #slots = [];
    #facts = new FactReader();
    #ticks = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #timer;
    #link = makeLink();
    /** @type {Promise<Insight> | null} */
    #loading = null;
    /** @type {Insight | null} */
    #insight = null;
    /** The sentences about what fails. @type {Promise<void> | null} */
    #longer = null;

    /** @param {HTMLElement} root whose markup decides which parts this page's call has @param {Media} media */
    constructor(root, media) {
        this.root = root;
        this.media = media;
        const part = (/** @type {string} */ selector) => find(selector, HTMLElement, root);
        this.stage = part(".stage");
        this.ownBox = part(".own-box");
        this.own = find("video", HTMLVideoElement, this.ownBox);
        this.facts = part(".call-facts");
        this.time = part(".call-time");
        this.use = part(".call-use");
        this.banner = part(".call-banner");
        this.hear = part("[data-action=hear]");
        this.mute = part("[data-action=mute]");
        this.camera = part("[data-action=camera]");
        this.quality = part("[data-action=quality]");
        /** Urgency and reason; not on a kiosk, because others see its screen. */
        this.about = root.querySelector(".call-case");
        this.time.after(this.#link);
        this.hear.addEventListener("click", () => this.#tiles.forEach((tile) => tile.play()));
        this.quality.addEventListener("click", () => void this.#toggleQuality().catch(() => notice(errorText("server_away"))));
        this.#store.subscribe((state) => this.#draw(view(state)));
        onLanguage(() => this.#draw(view(this.#store.state)));
    }

    /** @param {Consultation} call @param {string} selfId */
    show(call, selfId) {
        this.#store.dispatch({ type: "shown", call, selfId, nowMs: performance.now(), flowing: this.#flowing() });
        this.#carry();
        this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
        void this.#load().catch(withoutInsight);
        this.#listen();
    }

    hide() {
        clearInterval(this.#timer);
        this.#timer = undefined;
        this.#insight?.stop();
        this.#facts = new FactReader();
        this.#store.dispatch({ type: "hidden" });
    }

    /** @param {SlotMedia[]} slots */
    setSlots(slots) {
        this.#slots = slots;
        this.#carry();
    }

    /** @param {Link | Rungs} message about the own link */
    linkChanged(message) {
        this.#store.dispatch(message);
    }

    /** The condition of the leg (`media.leg.condition`) changed. */
    legChanged() {
        const { condition } = this.media.leg;
        this.#store.dispatch({ type: "leg", condition });
        if (condition === "connected") setTimeout(() => void this.#load().catch(withoutInsight), INSIGHT_AFTER_MS);
    }

    /** @param {boolean} away the socket is away; the call itself may go on */
    setServerAway(away) {
        this.#store.dispatch({ type: "server_away", away });
    }

    /** Own tracks, mute or camera changed. */
    devicesChanged() {
        const { capture, muted, cameraRests } = this.media.devices;
        const own = { muted, cameraRests, microphone: capture.states.audio, camera: capture.states.video };
        this.#insight?.panel.show();
        this.#store.dispatch({ type: "devices", own });
        this.#showOwn(this.#store.state.call !== null);
    }

    /** @param {Shown} shown */
    #draw(shown) {
        this.#arrange(shown.people);
        this.hear.hidden = !shown.tapToHear;
        this.#showBanner(shown.banner);
        showLink(this.#link, shown.quality);
        setText(this.time, shown.seconds === null ? "" : clock(shown.seconds));
        setText(this.use, shown.use ? t("call.use", { down: shown.use.downKbps, up: shown.use.upKbps, used: useText(shown.use.totalBytes) }) : "");
        this.#showOwn(shown.ownPicture.shown);
        this.ownBox.classList.toggle("has-picture", shown.ownPicture.there);
        for (const [button, control] of /** @type {const} */ ([[this.mute, shown.mute], [this.camera, shown.camera]])) {
            button.classList.toggle("pressed", control.pressed);
            fill(button, control);
        }
        this.#showAbout(shown.about);
        this.#showRungs(shown);
    }

    /** @param {Shown["banner"]} banner */
    #showBanner({ keys, picture }) {
        this.banner.hidden = keys.length === 0;
        swapIcon(this.banner, picture);
        const words = this.banner.lastElementChild;
        const isSaid = keys.every((key) => t(key) !== key);
        if (words) setText(words, keys.map((key) => t(isSaid ? key : shortKey(key))).join(isSaid ? " " : " · "));
        if (isSaid || this.#longer) return;
        this.#longer = alsoSay("faults").then(() => this.#draw(view(this.#store.state)));
        this.#longer.catch(() => (this.#longer = null)); // the next banner tries again
    }

    /** @param {boolean} shown whether anybody sees the own picture now */
    #showOwn(shown) {
        attach(this.own, shown ? this.media.devices.capture.tracks.video : null);
    }

    /** @param {Shown["about"]} about */
    #showAbout(about) {
        if (!(this.about instanceof HTMLElement)) return;
        this.about.hidden = !about;
        this.about.className = about ? `call-case urgency-${about.urgency}` : "call-case";
        if (about) swapIcon(this.about, about.urgency);
        const words = this.about.lastElementChild;
        if (words) setText(words, about ? joined(t(`urgency.${about.urgency}`), about.reason) : "");
    }

    /** @param {Shown} shown */
    #showRungs({ rungs, people, cameraFails }) {
        this.#insight?.showRungs(rungs, people.map((one) => one.participant), cameraFails);
        for (const [name, value] of /** @type {const} */ ([["rungDown", rungs?.down], ["rungUp", rungs?.up]])) {
            if (value) this.root.dataset[name] = value;
            else delete this.root.dataset[name];
        }
    }

    /** Loads the rest of this view while the link is idle, or with the first call. @returns {Promise<Insight>} */
    #load() {
        this.#loading ??= import("./insight.js").then(({ Insight }) => {
            this.#insight = new Insight(this.media, {
                root: this.root, facts: this.facts, ownBox: this.ownBox, qualityButton: this.quality, profiles: "profiles" in this.root.dataset,
            });
            this.#listen();
            this.#showRungs(view(this.#store.state));
            return this.#insight;
        });
        this.#loading.catch(() => (this.#loading = null)); // the callers see the same failure
        return this.#loading;
    }

    #listen() {
        if (this.#store.state.call) this.#insight?.start(() => ({ tiles: this.#tiles.values(), quality: this.#store.state.quality, unheard: view(this.#store.state).unheard }));
    }

    async #toggleQuality() {
        const { panel } = await this.#load();
        if (panel.isOpen) panel.close();
        else panel.open();
    }

    /** @param {Shown["people"]} people */
    #arrange(people) {
        for (const [id, tile] of this.#tiles) {
            if (people.some((one) => one.participant.participant_id === id)) continue;
            tile.remove();
            this.#tiles.delete(id);
        }
        for (const one of people) {
            const id = one.participant.participant_id;
            let tile = this.#tiles.get(id);
            if (!tile) {
                tile = new Tile(one.participant, (blocked) => this.#store.dispatch({ type: "sound", blocked }));
                this.#tiles.set(id, tile);
                this.stage.append(tile.element);
            }
            tile.show(one);
        }
        this.stage.dataset.count = String(people.length);
    }

    #carry() {
        for (const [id, tile] of this.#tiles) {
            tile.carry(this.#slots.find((slot) => slot.participantId === id) ?? null);
        }
    }

    /** @returns {Set<string>} the participants whose pictures arrive */
    #flowing() {
        const nowMs = performance.now();
        return new Set([...this.#tiles].filter(([, tile]) => tile.flows(nowMs)).map(([id]) => id));
    }

    #tick() {
        this.#store.dispatch({ type: "tick", nowMs: performance.now(), flowing: this.#flowing() });
        this.#ticks += 1;
        if (this.#ticks % FACTS_EVERY_TICKS === 0) void this.#readFacts();
    }

    async #readFacts() {
        const report = await this.media.leg.stats();
        if (!report) return;
        const facts = this.#facts.read(report);
        if (facts) this.#store.dispatch({ type: "used", facts });
        this.#store.dispatch({ type: "frozen", on: this.#insight?.isFrozen(report) ?? false });
    }
}

/** A call works without the insight; the next call, or a tap on its button, tries again. @param {unknown} error */
function withoutInsight(error) {
    console.warn("call:", error instanceof Error ? error.name : "insight did not load");
}

/** @param {HTMLElement} element with an icon and a text @param {{picture: string, key: string}} shown */
function fill(element, { picture, key }) {
    swapIcon(element, picture);
    const words = element.lastElementChild;
    if (words) say(words, key);
}
