/**
 * The page's end of the signaling protocol (signaling/PROTOCOL.md). Owns: the socket, the session on it
 * (hello, numbering, acknowledgement, resumption), heartbeat and reconnection. Must never know a page,
 * a peer connection or the meaning of a message beyond its envelope.
 *
 * A reload starts a new session on purpose: the page has forgotten everything, and only a new session is
 * given the whole state again. Resumption is for a lost socket under a living page.
 */

/** @import {ClientMessage, ServerMessage, Envelope, Welcome} from "./messages.js" */

export const PROTOCOL = 1;

// Retry soon at first (most losses last a moment); while people may still wait in a call, often enough that a server that
// is back is found at once; and rarely later (a link may be down for hours).
const BACKOFF_FIRST_MS = 500;
const BACKOFF_WAITING_MS = 4_000;
const BACKOFF_LAST_MS = 20_000;
const WAITING_FOR_MS = 600_000;
// TCP + TLS + upgrade + hello are five round trips: 6.5 s on rural 2G without a loss, so be patient.
const OPEN_WITHIN_MS = 30_000;
// An answer to a ping takes 1.3 s on 2G and up to 10 s behind a full queue.
const PONG_WITHIN_MS = 15_000;
// Acknowledging each message alone would double the packets, and under a voice on 16 kbit/s each one is felt. Late
// enough to be one with the heartbeat; the server holds far more than these.
const ACK_AFTER_MS = 20_000;
const ACK_AFTER_MESSAGES = 16;
const HEARTBEAT_BEFORE_WELCOME_S = 25;
const DISAGREEMENTS = ["malformed_message", "unexpected_message"];

/**
 * @typedef {object} Status
 * @property {"connecting" | "open" | "away" | "over"} state
 *   away: a retry comes at `retryAtMs`; over: nothing more will come, `code` says why
 * @property {number} [retryAtMs] on the clock of Date.now()
 * @property {string} [code]
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {() => Promise<string>} ticket single-use, from the HTTP session; rejects with `status` 401
 *   when there is no such session any more
 * @property {(message: ServerMessage) => void} onMessage in order, each once
 * @property {(status: Status) => void} onStatus
 * @property {(url: string) => WebSocket} [socket]
 * @property {() => number} [random] in [0, 1)
 */

export class Connection {
    /** @type {WebSocket | null} */
    #socket = null;
    /** @type {Status} */
    #status = { state: "connecting" };
    /** @type {(ClientMessage & {seq: number})[]} sent or to be sent, not yet acknowledged */
    #outbox = [];
    #lastSent = 0;
    #lastReceived = 0;
    #lastAcked = 0;
    /** How many messages came since the last one was sent. */
    #received = 0;
    /** @type {string | null} */
    #resumeToken = null;
    #everWelcomed = false;
    #welcomed = false;
    /** Numbered messages may go out on this socket. */
    #mayTalk = false;
    #attempts = 0;
    /** Names the attempt under way; null: there is none, nor a socket. @type {symbol | null} */
    #attempt = null;
    /** When the server was lost, on the clock of performance.now(). @type {number | null} */
    #lostAtMs = null;
    #heartbeatMs = HEARTBEAT_BEFORE_WELCOME_S * 1000;
    /** @type {Map<string, ReturnType<typeof setTimeout>>} */
    #timers = new Map();

    /** @param {ConnectionOptions} options */
    constructor(options) {
        this.options = { socket: (/** @type {string} */ url) => new WebSocket(url), random: Math.random, ...options };
    }

    get status() {
        return this.#status;
    }

    /** A ping is out: whether the server can be reached is not known. */
    get awaitsAnswer() {
        return this.#timers.has("pong");
    }

    /** Connects, now; also cuts short the wait for the next retry. */
    connect() {
        if (this.#attempt) return;
        this.#clear("retry");
        void this.#open();
    }

    /**
     * Sends a message, or keeps it until the socket is back.
     * @param {ClientMessage} message
     * @returns {number} its seq, which an `error` names as `ref`
     */
    send(message) {
        this.#lastSent += 1;
        const numbered = { ...message, seq: this.#lastSent };
        this.#outbox.push(numbered);
        if (this.#mayTalk) this.#transmit(numbered);
        return numbered.seq;
    }

    /** Ends the session on purpose; it is not resumed. */
    close() {
        if (this.#status.state === "over") return;
        if (this.#welcomed) this.send({ type: "bye" });
        this.#finish("closed");
    }

    /** The network says it is back (or gone): do not wait for a timer to find out. */
    networkChanged() {
        if (this.#status.state === "away") this.connect();
        else if (this.#welcomed) this.#ping();
    }

    /**
     * Ticket and socket come side by side: one after the other they would be four round trips, 5 s on 2G. While the server
     * does not answer, the ticket comes first: browsers hold a page back that opens many sockets in vain, Firefox for a
     * minute, Chromium for some seconds.
     */
    async #open() {
        this.#say({ state: "connecting" });
        const attempt = Symbol("attempt");
        this.#attempt = attempt;
        this.#later("open", OPEN_WITHIN_MS, () => this.#lost());
        try {
            const first = this.#attempts > 1 ? await this.options.ticket() : null;
            if (attempt !== this.#attempt) return;
            const opened = this.#openSocket();
            const [ticket] = await Promise.all([first ?? this.options.ticket(), opened]);
            if (attempt === this.#attempt) this.#hello(ticket);
        } catch (error) {
            if (attempt !== this.#attempt) return;
            const status = /** @type {{status?: number, code?: string}} */ (error).status;
            if (status === 401 || status === 403) this.#finish("signed_out");
            else this.#lost();
        }
    }

    /** @returns {Promise<unknown>} settles when it is open */
    #openSocket() {
        const socket = this.options.socket(this.options.url);
        this.#socket = socket;
        socket.onmessage = (event) => {
            if (socket === this.#socket) this.#receive(event.data);
        };
        socket.onclose = () => {
            if (socket === this.#socket) this.#lost();
        };
        return new Promise((resolve) => (socket.onopen = resolve));
    }

    /** @param {string} ticket */
    #hello(ticket) {
        const resume = this.#resumeToken ? { token: this.#resumeToken, seq: this.#lastReceived } : null;
        this.#socket?.send(JSON.stringify({ type: "hello", protocol: PROTOCOL, ticket, resume }));
        // A page that was never welcomed has no session to resume: what it asks first belongs to the new one.
        this.#mayTalk = !this.#everWelcomed;
        if (this.#mayTalk) for (const message of this.#outbox) this.#transmit(message);
    }

    /** @param {unknown} data */
    #receive(data) {
        /** @type {ServerMessage & Envelope} */
        let message;
        try {
            message = JSON.parse(String(data));
        } catch {
            this.#lost(); // not our server any more: a proxy's page, or a cut frame
            return;
        }
        this.#clear("pong");
        this.#acknowledged(message.ack ?? 0);
        if (message.type === "welcome") {
            this.#welcome(message);
            return;
        }
        const seq = message.seq ?? 0;
        if (seq > 0) {
            if (seq <= this.#lastReceived) return;
            this.#lastReceived = seq;
            this.#received += 1;
            if (this.#received >= ACK_AFTER_MESSAGES) this.#later("ack", 0, () => this.#acknowledge());
            else if (!this.#timers.has("ack")) this.#later("ack", ACK_AFTER_MS, () => this.#acknowledge());
        }
        if (message.type === "pong") return;
        if (message.type === "goodbye") this.#goodbye(message.code, message.retry);
        else this.options.onMessage(message);
    }

    /** @param {Welcome} welcome */
    #welcome(welcome) {
        this.#clear("open");
        this.#attempts = 0;
        this.#lostAtMs = null;
        this.#heartbeatMs = welcome.heartbeat_s * 1000;
        // What was sent before the first welcome is meant for this session, however long the welcome took.
        const isFirst = !this.#everWelcomed;
        this.#everWelcomed = true;
        this.#resumeToken = welcome.resume_token;
        if (!welcome.resumed && !isFirst) this.#startAnew();
        this.#welcomed = true;
        if (!this.#mayTalk) for (const message of this.#outbox) this.#transmit(message);
        this.#mayTalk = true;
        this.options.onMessage(welcome);
        this.#say({ state: "open" });
        this.#beat();
    }

    /** The server holds no earlier session: what was meant for that one is void. */
    #startAnew() {
        this.#lastReceived = 0;
        this.#lastAcked = 0;
        this.#lastSent = 0;
        this.#outbox = [];
    }

    /** @param {number} ack */
    #acknowledged(ack) {
        while (this.#outbox[0] && this.#outbox[0].seq <= ack) this.#outbox.shift();
    }

    #acknowledge() {
        if (this.#welcomed && this.#lastAcked < this.#lastReceived) this.#transmit({ type: "ping" });
    }

    /** @param {ClientMessage & Envelope} message */
    #transmit(message) {
        this.#lastAcked = this.#lastReceived;
        this.#received = 0;
        this.#clear("ack");
        this.#socket?.send(JSON.stringify({ ...message, ack: this.#lastReceived }));
        this.#beat();
    }

    /** Sends a ping after this page was silent for long; an answer must come. */
    #beat() {
        this.#later("beat", this.#heartbeatMs, () => this.#ping());
    }

    #ping() {
        if (!this.#welcomed) return;
        this.#transmit({ type: "ping" });
        if (!this.#timers.has("pong")) this.#later("pong", PONG_WITHIN_MS, () => this.#lost());
    }

    /** @param {string} code @param {boolean} retry */
    #goodbye(code, retry) {
        // The server and we disagree about this session: resuming would repeat what it refused.
        if (DISAGREEMENTS.includes(code)) this.#resumeToken = null;
        if (retry) this.#lost();
        else this.#finish(code);
    }

    #lost() {
        this.#drop();
        this.#lostAtMs ??= performance.now();
        const isLong = performance.now() - this.#lostAtMs > WAITING_FOR_MS;
        const ceiling = Math.min(BACKOFF_FIRST_MS * 2 ** this.#attempts, isLong ? BACKOFF_LAST_MS : BACKOFF_WAITING_MS);
        this.#attempts += 1;
        // Half fixed, half random: stations of one mast do not come back in one instant.
        const waitMs = ceiling / 2 + (ceiling / 2) * this.options.random();
        this.#later("retry", waitMs, () => this.connect());
        this.#say({ state: "away", retryAtMs: Date.now() + waitMs });
    }

    /** @param {string} code */
    #finish(code) {
        this.#drop();
        this.#resumeToken = null;
        this.#startAnew();
        this.#say({ state: "over", code });
    }

    #drop() {
        const socket = this.#socket;
        this.#socket = this.#attempt = null;
        this.#welcomed = false;
        this.#mayTalk = false;
        for (const name of [...this.#timers.keys()]) this.#clear(name);
        if (socket) socket.close();
    }

    /** @param {Status} status */
    #say(status) {
        this.#status = status;
        this.options.onStatus(status);
    }

    /** @param {string} name @param {number} ms @param {() => void} run */
    #later(name, ms, run) {
        this.#clear(name);
        this.#timers.set(name, setTimeout(() => {
            this.#timers.delete(name);
            run();
        }, ms));
    }

    /** @param {string} name */
    #clear(name) {
        clearTimeout(this.#timers.get(name));
        this.#timers.delete(name);
    }
}
