/**
 * Stills in a call: who asks for one, who takes it, who sees it. Owns: the requests and their results, the button, and the
 * newest small still of each tile. The page loads it late. Must never take a picture without an announcement on the screen
 * of that device, nor keep anything after the call.
 */

/** @import {Consultation, ClientMessage, PeriodicStills, ServerMessage, Slots, StillWanted} from "../signaling/messages.js" */
/** @import {Media} from "../call/link/media.js" */
/** @import {Offer} from "./stillframes.js" */

import { icon, make, setText } from "../base/dom.js";
import { notice } from "../base/frame.js";
import { say, t } from "../base/i18n.js";
import { takeSharp, takeSmall } from "./stillcamera.js";
import { StillChannel } from "./stills.js";
import { StillView } from "./stillview.js";

const STYLE = new URL("./stills.css", import.meta.url).pathname;
// Time to sit still or to refuse.
const COUNTDOWN_S = 3;
// The question, the camera and two slow round trips take less; after this no still will arrive.
const NO_ANSWER_MS = 60_000;
const TICK_MS = 1_000;
// A small still older than this no longer shows the present.
const OLD_AFTER_MS = 120_000;

export class StillDesk {
    /** @type {Consultation | null} */
    #consultation = null;
    #selfId = "";
    /** @type {Map<number, string>} from receive slot to participant */
    #slots = new Map();
    /** @type {Map<number, string>} from still to the participant in its slot when it was offered */
    #takenBy = new Map();
    /** @type {PeriodicStills | null} */
    #periodic = null;
    #periodicAtMs = 0;
    #taking = false;
    /** @type {Map<string, ReturnType<typeof setTimeout>>} */
    #asked = new Map();
    /** @type {Map<string, {image: HTMLImageElement, age: HTMLElement, atMs: number}>} */
    #small = new Map();

    /** @param {Media} media @param {(message: ClientMessage) => number} send @param {HTMLElement} root of the call view @param {boolean} mayAsk */
    constructor(media, send, root, mayAsk) {
        this.media = media;
        this.send = send;
        this.root = root;
        document.head.append(make("link", { rel: "stylesheet", href: STYLE }));
        this.view = new StillView(root);
        this.channel = new StillChannel({
            onSent: (id, fraction) => this.#sent(id, fraction),
            onUnsent: (id) => this.view.forget(`up ${id}`),
            onComing: (offer, fraction) => this.#coming(offer, fraction),
            onStill: (offer, still) => this.#arrived(offer, still),
            onLost: (offer) => this.#lost(offer),
        });
        const words = make("span");
        say(words, "still.take");
        this.button = make("button", { type: "button", class: "control", "data-action": "still" }, icon("photo"), words);
        this.button.addEventListener("click", () => this.#ask());
        if (mayAsk) root.querySelector("[data-action=camera]")?.after(this.button);
        setInterval(() => this.#tick(), TICK_MS);
    }

    /** The leg was replaced, or its condition changed. */
    legChanged() {
        this.channel.attach(this.media.leg.channel);
    }

    /** @param {ServerMessage} message */
    handle(message) {
        if (message.type === "welcome") this.#selfId = message.participant_id;
        else if (message.type === "consultation") this.#consulted(message);
        else if (message.type === "slots") this.#seated(message);
        else if (message.type === "periodic_stills") this.#periodic = message;
        else if (message.type === "still_wanted") void this.#wanted(message);
        else if (message.type === "still_declined") this.#declined(message.participant_id);
    }

    /** @param {Consultation} consultation */
    #consulted(consultation) {
        const { state, participants } = consultation;
        const mine = participants.some((one) => one.participant_id === this.#selfId);
        const over = !mine || state === "closed" || state === "cancelled" || state === "requested" || state === "offered";
        const another = this.#consultation?.consultation_id !== consultation.consultation_id;
        if (over && another) return; // the last message about an old consultation
        if (over || another) this.#clear();
        this.#consultation = over ? null : consultation;
        this.#showButton();
    }

    /** @param {Slots} message */
    #seated({ slots }) {
        this.#slots = new Map(slots.flatMap((one) => (one.participant_id ? [[one.index, one.participant_id]] : [])));
    }

    #clear() {
        for (const timer of this.#asked.values()) clearTimeout(timer);
        this.#asked.clear();
        this.#takenBy.clear();
        this.channel.clear();
        this.view.clear();
        this.#periodic = null;
        for (const id of [...this.#small.keys()]) this.#dropSmall(id);
    }

    // Who asks.

    /** @returns {string | null} whom a tap on the button asks: the patient's station, or else another participant */
    #whom() {
        const others = (this.#consultation?.participants ?? []).filter((one) => one.participant_id !== this.#selfId);
        const one = others.find((other) => other.role === "station") ?? others[0];
        const able = this.#consultation?.state === "in_call" && one?.presence === "connected" && !one.video_muted;
        return able ? one.participant_id : null;
    }

    #showButton() {
        const whom = this.#whom();
        this.button.disabled = whom === null || this.#asked.has(whom);
    }

    #ask() {
        const whom = this.#whom();
        if (whom === null || this.#asked.has(whom)) return;
        this.send({ type: "ask_still", participant_id: whom });
        this.view.progress(`asked ${whom}`, "still.waits", null);
        this.#asked.set(whom, setTimeout(() => this.#declined(whom), NO_ANSWER_MS));
        this.#showButton();
    }

    /** Ends the request to a participant. @param {string} whom @returns {boolean} whether there was one */
    #answered(whom) {
        const timer = this.#asked.get(whom);
        clearTimeout(timer);
        this.view.forget(`asked ${whom}`);
        const was = this.#asked.delete(whom);
        this.#showButton();
        return was;
    }

    /** @param {string} whom */
    #declined(whom) {
        if (this.#answered(whom)) notice(t("still.declined"));
    }

    // Who takes.

    /** @param {StillWanted} wanted */
    async #wanted({ asked_by, max_bytes, width }) {
        const track = this.media.devices.capture.tracks.video;
        const id = this.#consultation?.consultation_id;
        if (this.#taking) return; // one picture answers two requests
        this.#taking = true;
        try {
            if (!track || !id || !(await this.view.ask(COUNTDOWN_S)) || this.#consultation?.consultation_id !== id) {
                this.send({ type: "decline_still", asked_by });
                return;
            }
            this.view.progress("taking", "still.taking", null);
            const still = this.channel.send(await takeSharp(track, width, max_bytes), true);
            this.#sent(still, 0);
        } catch (error) {
            console.warn("still:", error instanceof Error ? error.name : "failed");
            this.send({ type: "decline_still", asked_by });
        } finally {
            this.#taking = false;
            this.view.forget("taking");
        }
    }

    /** @param {number} id @param {number} fraction */
    #sent(id, fraction) {
        if (!this.channel.isAsked(id)) {
            if (fraction === 1) this.view.forget(`up ${id}`);
            return;
        }
        const cancel = () => {
            this.channel.cancel(id);
            this.view.forget(`up ${id}`);
        };
        this.view.progress(`up ${id}`, "still.sending", fraction, cancel);
    }

    async #sendSmall() {
        const track = this.media.devices.capture.tracks.video;
        const periodic = this.#periodic;
        if (!track || !periodic?.every_s || this.#taking || this.channel.isSending(false)) return;
        if (this.#consultation?.state !== "in_call" || performance.now() - this.#periodicAtMs < periodic.every_s * 1000) return;
        this.#periodicAtMs = performance.now();
        try {
            const picture = await takeSmall(track, periodic.width ?? 320, periodic.max_bytes ?? 5_000);
            if (this.#consultation && track.readyState === "live") this.channel.send(picture, false);
        } catch (error) {
            console.info("still:", error instanceof Error ? error.name : "failed"); // the next still may succeed
        }
    }

    // Who sees.

    /** @param {Offer} offer @param {number} fraction */
    #coming(offer, fraction) {
        const whom = this.#slots.get(offer.slot);
        if (whom) this.#takenBy.set(offer.id, whom);
        if (!offer.asked) return;
        if (whom) this.#answered(whom);
        const cancel = () => {
            this.channel.cancel(offer.id);
            this.view.forget(`down ${offer.id}`);
        };
        this.view.progress(`down ${offer.id}`, "still.coming", fraction, cancel);
    }

    /** @param {Offer} offer @param {Blob} still */
    #arrived(offer, still) {
        const whom = this.#takenBy.get(offer.id);
        this.#takenBy.delete(offer.id);
        this.view.forget(`down ${offer.id}`);
        if (!this.#consultation) return;
        if (offer.asked) this.view.show(still);
        else if (whom) this.#showSmall(whom, still);
    }

    /** @param {Offer} offer */
    #lost(offer) {
        this.#takenBy.delete(offer.id);
        this.view.forget(`down ${offer.id}`);
        if (offer.asked && this.#consultation) notice(t("still.declined"));
    }

    /** @param {string} whom @param {Blob} still */
    #showSmall(whom, still) {
        const tile = this.root.querySelector(`[data-participant="${CSS.escape(whom)}"]`);
        if (!tile) return;
        let small = this.#small.get(whom);
        if (!small || !tile.contains(small.image)) {
            this.#dropSmall(whom);
            small = { image: make("img", { class: "still-small", alt: "" }), age: make("span", { class: "still-age" }), atMs: 0 };
            this.#small.set(whom, small);
            tile.querySelector(".avatar")?.after(small.image, small.age);
        }
        URL.revokeObjectURL(small.image.src);
        small.image.src = URL.createObjectURL(still);
        small.atMs = performance.now();
        tile.classList.add("has-still");
        this.#tick();
    }

    /** @param {string} whom */
    #dropSmall(whom) {
        const small = this.#small.get(whom);
        if (!small) return;
        small.image.closest(".tile")?.classList.remove("has-still");
        URL.revokeObjectURL(small.image.src);
        small.image.remove();
        small.age.remove();
        this.#small.delete(whom);
    }

    #tick() {
        void this.#sendSmall();
        for (const [whom, { image, age, atMs }] of this.#small) {
            const oldMs = performance.now() - atMs;
            if (oldMs > OLD_AFTER_MS || !image.isConnected) this.#dropSmall(whom);
            else setText(age, t("still.age", { count: Math.round(oldMs / 1000) }));
        }
    }
}
