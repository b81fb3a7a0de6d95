/**
 * Loads the modules for stills while the link is idle, or when a call begins. Owns: the messages that arrive before they
 * are loaded. Must stay small, because it is part of the first load.
 */

/** @import {ClientMessage, ServerMessage} from "../signaling/messages.js" */
/** @import {Media} from "../call/link/media.js" */
/** @import {StillDesk} from "./stilldesk.js" */

// Load while people wait, so that no download competes with a voice; and after the probe clusters that measure the link
// (leg.js) and after the late part of the call view.
const LOAD_AFTER_MS = 10_000;
const HEARD = new Set(["welcome", "consultation", "slots", "periodic_stills", "still_wanted", "still_declined"]);

export class StillsLink {
    /** @type {Map<string, ServerMessage>} the newest message of each type */
    #heard = new Map();
    /** @type {Promise<void> | null} */
    #loading = null;
    /** @type {StillDesk | null} */
    #desk = null;
    #inCall = false;
    /**
     * Whether this page was opened during a call: it must cancel what the page before was sending.
     * @type {boolean | null}
     */
    #cameBack = null;

    /** @param {Media} media @param {(message: ClientMessage) => number} send @param {boolean} mayAsk */
    constructor(media, send, mayAsk) {
        this.media = media;
        this.send = send;
        this.mayAsk = mayAsk;
    }

    /** @param {ServerMessage} message */
    handle(message) {
        if (HEARD.has(message.type)) {
            if (this.#desk) this.#desk.handle(message);
            else this.#heard.set(message.type, message);
        }
        if (message.type === "consultation") {
            this.#inCall = message.state === "in_call";
            this.#cameBack ??= this.#inCall || message.state === "interrupted";
        }
        if (this.#isNeeded(message)) this.#load();
    }

    /**
     * Whether the 8 kB, 5 s of a 16 kbit/s link, are worth loading beside a voice. @param {ServerMessage} message
     * @returns {boolean}
     */
    #isNeeded(message) {
        if (message.type === "consultation") return this.#inCall && (this.mayAsk || this.#cameBack === true);
        if (message.type === "periodic_stills") return message.every_s > 0;
        if (message.type === "rungs") return [message.down, message.up].includes("stills");
        return message.type === "still_wanted";
    }

    legChanged() {
        this.#desk?.legChanged();
        if (this.#desk || this.media.leg.condition !== "connected") return;
        setTimeout(() => {
            if (!this.#inCall) this.#load();
        }, LOAD_AFTER_MS);
    }

    #load() {
        this.#loading ??= import("./stilldesk.js").then(
            ({ StillDesk }) => {
                const root = document.querySelector("[data-call]");
                if (!(root instanceof HTMLElement)) throw new Error("page lacks [data-call]");
                this.#desk = new StillDesk(this.media, this.send, root, this.mayAsk);
                for (const message of this.#heard.values()) this.#desk.handle(message);
                this.#heard.clear();
                this.#desk.legChanged();
            },
            () => {
                this.#loading = null; // the link is away: the next call or the next leg tries again
            },
        );
    }
}
