/**
 * The page's end of the signaling protocol (signaling/PROTOCOL.md). Owns: the socket, its session (hello, numbering,
 * acknowledgement, resumption), heartbeat and reconnection. Must never know a page, a peer connection or the meaning of a
 * message beyond its envelope.
 *
 * A reload starts a new session on purpose: the page has forgotten its state, and the server sends the whole state only to
 * a new session. Resumption is for a socket that is lost while the page stays.
 */

/** @import {ClientMessage, ServerMessage, Envelope, Welcome} from "./messages.js" */

export const PROTOCOL = 1;

// Retry soon at first, because most losses last only a moment. While people may still wait in a call, retry often enough to
// find the server soon after it is back. Later retry rarely, because a link may be down for hours.
const BACKOFF_FIRST_MS = 500;
const BACKOFF_WAITING_MS = 4_000;
const BACKOFF_LAST_MS = 20_000;
const WAITING_FOR_MS = 600_000;
// TCP, TLS, upgrade and hello are five round trips: 6.5 s on rural 2G without loss, so wait long enough.
const OPEN_WITHIN_MS = 30_000;
// The answer to a ping takes 1.3 s on 2G and up to 10 s behind a full queue.
const PONG_WITHIN_MS = 15_000;
// Acknowledging each message separately would double the packets, and beside a voice on 16 kbit/s every packet counts. This
// wait lets the heartbeat carry most acknowledgements; the server keeps far more messages than these.
const ACK_AFTER_MS = 20_000;
const ACK_AFTER_MESSAGES = 16;
const HEARTBEAT_BEFORE_WELCOME_S = 25;
const DISAGREEMENTS = ["malformed_message", "unexpected_message"];

/**
 * @typedef {object} Status
 * @property {"connecting" | "open" | "away" | "over"} state
 *   away: the next retry is at `retryAtMs`; over: there is no retry, `code` says why
 * @property {number} [retryAtMs] on the clock of performance.now()
 * @property {string} [code]
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {() => Promise<string>} ticket single-use, from the HTTP session; rejects with `status` 401 if the session no
 *   longer exists
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
    /** How many messages have arrived since the last one was sent. */
    #received = 0;
    /** @type {string | null} */
    #resumeToken = null;
    #everWelcomed = false;
    #welcomed = false;
    /** Whether numbered messages may be sent on this socket. */
    #mayTalk = false;
    #attempts = 0;
    /** Identifies the present attempt to connect and its socket; null: there is neither. @type {symbol | null} */
    #attempt = null;
    /** When the connection was lost, on the clock of performance.now(). @type {number | null} */
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

    /** Whether a ping has no answer yet, so that the link may be away. */
    get awaitsAnswer() {
        return this.#timers.has("pong");
    }

    /** Connects now, without the rest of the wait for the next retry. */
    connect() {
        if (this.#attempt) return;
        this.#clear("retry");
        void this.#open();
    }

    /**
     * Sends a message, or keeps it until the socket is open again.
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

    /** The browser reports that the network is back or gone: find out at once, without a timer. */
    networkChanged() {
        if (this.#status.state === "away") this.connect();
        else if (this.#welcomed) this.#ping();
    }

    /**
     * Fetches the ticket and opens the socket at the same time: one after the other would take four round trips, 5 s on 2G.
     * While the server does not answer, the ticket comes first: browsers delay a page that opens many sockets in vain,
     * Firefox for a minute, Chromium for some seconds.
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

    /** @returns {Promise<unknown>} settles when the socket is open */
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
        // A page without an earlier session has none to resume, so its first messages belong to the new session.
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
            this.#lost(); // this is not our server: a proxy's page, or a truncated frame
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
        // Messages that were sent before the first welcome are meant for this session, however late the welcome comes.
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

    /** The server has no earlier session: drop the messages that were meant for it. */
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

    /** Sends a ping if this page sends nothing for the heartbeat interval; the server must answer. */
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
        // The server has refused a message of this session: resuming would repeat that message.
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
        // Half fixed, half random, so that the stations of one mast do not reconnect at the same moment.
        const waitMs = ceiling / 2 + (ceiling / 2) * this.options.random();
        this.#later("retry", waitMs, () => this.connect());
        this.#say({ state: "away", retryAtMs: performance.now() + waitMs });
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
