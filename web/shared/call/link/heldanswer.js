/**
 * The server's answer as this browser holds it, and the way to change it: another negotiation with an edited text, inside
 * this browser. Owns: the text in force and the order of changes. Each edit gets the newest text, so that the shape of the
 * voice and the slots in use can change independently. Must never send anything to the server.
 */

/**
 * Makes the new text from the text in force, the text that the server gave, and this browser's own offer.
 * @typedef {(sdp: string, given: string, offer: string) => string} Edit
 */

export class HeldAnswer {
    #sdp = "";
    #given = "";
    /** Settles when every change so far is in force or has failed; never rejects. @type {Promise<unknown>} */
    #last = Promise.resolve();

    /** @param {RTCPeerConnection} connection with its offer set */
    constructor(connection) {
        this.connection = connection;
    }

    /**
     * Puts the first answer in force.
     * @param {string} given by the server
     * @param {Edit} edit
     */
    async hold(given, edit) {
        this.#given = given;
        await this.#next(() => this.#answer(edit(given, given, "")));
    }

    /**
     * Negotiates again, unless `edit` changes nothing.
     * @param {Edit} edit
     */
    async change(edit) {
        await this.#next(async () => {
            const { localDescription } = this.connection;
            if (!localDescription) return; // closed meanwhile
            const sdp = edit(this.#sdp, this.#given, localDescription.sdp);
            if (sdp === this.#sdp) return;
            await this.connection.setLocalDescription(await this.connection.createOffer());
            try {
                await this.#answer(sdp);
            } catch (error) {
                // A negotiation that is only half done would block every later one.
                if (this.connection.signalingState === "have-local-offer") {
                    await this.connection.setLocalDescription({ type: "rollback" });
                }
                throw error;
            }
        });
    }

    /** @param {string} sdp */
    async #answer(sdp) {
        await this.connection.setRemoteDescription({ type: "answer", sdp });
        this.#sdp = sdp;
    }

    /**
     * Runs a task after the tasks before.
     * @param {() => Promise<void>} task @returns {Promise<void>} rejects if the task does
     */
    #next(task) {
        const done = this.#last.then(() => (this.connection.signalingState === "closed" ? undefined : task()));
        this.#last = done.catch(() => undefined);
        return done;
    }
}
