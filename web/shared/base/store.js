/**
 * The state of a page or of a part of one. Owns: the state, and the order in which messages change it. Must never know
 * what a message means, nor touch the document.
 *
 * A page is three parts:
 *
 *   state.js     pure: no document, clock, network, storage. Messages carry what it needs of these.
 *                export const START = {...};
 *                export function reduce(state, message) { ... }   a new state; the same object when nothing changed
 *                export function view(state) { ... }              plain values: which view, which texts (keys), what is
 *                                                                 hidden, pressed, disabled
 *   draw.js      puts the view into the document by find, say, setText, swapIcon; the same view again changes nothing.
 *   page.js      const store = new Store(START, reduce);
 *                store.subscribe((state, before) => {
 *                    draw(view(state));
 *                    if (state.onDuty && !before.onDuty) warm();   actions follow from a change of the state
 *                });
 *                Messages of the server, presses, timers and answers all enter by store.dispatch(message).
 *
 * A message is a plain object with a `type`. Messages of the server are used as they are; those of a page have types that
 * the server does not use. Only `draw` writes what the page shows into the document.
 */

/**
 * The state with some values changed; the same object if they are equal already.
 * @template State
 * @param {State} state @param {Partial<State>} news
 * @returns {State}
 */
export function changed(state, news) {
    const names = /** @type {(keyof State)[]} */ (Object.keys(news));
    return names.every((name) => state[name] === news[name]) ? state : { ...state, ...news };
}

/** @template State, Message */
export class Store {
    /** @type {State} */
    #state;
    /** @type {((state: State, before: State) => void)[]} */
    #subscribers = [];
    /** @type {Message[]} */
    #waiting = [];
    #busy = false;

    /** @param {State} start @param {(state: State, message: Message) => State} reduce */
    constructor(start, reduce) {
        this.#state = start;
        this.reduce = reduce;
    }

    get state() {
        return this.#state;
    }

    /** @param {(state: State, before: State) => void} subscriber called after each change of the state */
    subscribe(subscriber) {
        this.#subscribers.push(subscriber);
    }

    /**
     * Changes the state by a message. A message from a subscriber is handled after all subscribers have been called.
     * @param {Message} message
     */
    dispatch(message) {
        this.#waiting.push(message);
        if (this.#busy) return;
        this.#busy = true;
        try {
            for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#take(next);
        } finally {
            this.#busy = false;
        }
    }

    /** @param {Message} message */
    #take(message) {
        const before = this.#state;
        this.#state = this.reduce(before, message);
        if (this.#state === before) return;
        for (const subscriber of this.#subscribers) subscriber(this.#state, before);
    }
}
