/**
 * Whether the network lets media through at all, while messages pass. Owns: the verdict, which holds until a leg connects,
 * and the word about it to the server.
 * Loaded with the first answer of the server. Must never make a leg or close one.
 */

/** @import {ClientMessage} from "../../signaling/messages.js" */
/** @import {Leg} from "./leg.js" */

import { isBlocked } from "./blocked.js";

const LOOK_MS = 1_000;
// A leg that comes back with the link does so within a check or two. Chromium takes six seconds to call it disconnected,
// and people know within ten.
const ANSWERED_FOR_MS = 2_000;

/**
 * @typedef {object} PathCallbacks
 * @property {(message: ClientMessage) => number} send
 * @property {() => boolean} isAway whether nothing at all comes through now
 * @property {() => void} onBlocked
 */

export class PathWatch {
    #blocked = false;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #looking;

    /** @param {PathCallbacks} callbacks */
    constructor(callbacks) {
        this.callbacks = callbacks;
    }

    /** Messages reach the server, and no media does. */
    get isBlocked() {
        return this.#blocked;
    }

    /** The server's answer for a leg is here. @param {Leg} leg @param {number} tookMs since its offer @param {number} sinceMs when it came */
    answered(leg, tookMs, sinceMs) {
        // Of this leg the server knows nothing yet, and what the one before met has not changed.
        if (this.#blocked) this.#tell(leg);
        this.#look(leg, async () => isBlocked(await leg.stats(), tookMs, performance.now() - sinceMs));
    }

    /** A leg that was connected is so no longer, and the server was asked whether messages pass. @param {Leg} leg */
    lost(leg) {
        /** @type {number | null} */
        let answeredMs = null;
        this.#look(leg, async () => {
            answeredMs ??= performance.now();
            return performance.now() - answeredMs >= ANSWERED_FOR_MS;
        });
    }

    /** @param {Leg | null} leg */
    connected(leg) {
        this.stop();
        if (!this.#blocked) return;
        this.#blocked = false;
        this.#tell(leg);
    }

    /** Nobody waits for a leg any more. */
    forget() {
        this.stop();
        this.#blocked = false;
    }

    /** Looks no longer at the leg there was; the verdict stays. */
    stop() {
        clearInterval(this.#looking);
        this.#looking = undefined;
    }

    /** @param {Leg} leg @param {() => Promise<boolean>} judge */
    #look(leg, judge) {
        this.stop();
        if (this.#blocked) return;
        const looking = setInterval(() => void look().catch(withoutVerdict), LOOK_MS);
        this.#looking = looking;
        const look = async () => {
            if (this.callbacks.isAway() || !(await judge()) || looking !== this.#looking) return;
            this.stop();
            this.#blocked = true;
            this.#tell(leg);
            this.callbacks.onBlocked();
        };
    }

    /** @param {Leg | null} leg */
    #tell(leg) {
        if (leg?.id) this.callbacks.send({ type: "path_blocked", leg_id: leg.id, blocked: this.#blocked });
    }
}

/** For the developer's console only. @param {unknown} error */
function withoutVerdict(error) {
    console.error("path:", error instanceof Error ? error.name : "unknown fault"); // the next look tries again
}
