/**
 * What a page, or a part of one, knows. Owns: the state, and the order in which what happened is taken up. Must never
 * know what a message means, nor touch the document.
 *
 * A page is three parts:
 *
 *   state.js     pure: no document, clock, network, storage. What it needs of these stands in the messages.
 *                export const START = {...};
 *                export function reduce(state, message) { ... }   a new state; the same object when nothing changed
 *                export function view(state) { ... }              plain values: which view, which texts (keys), what is
 *                                                                 hidden, pressed, disabled
 *   draw.js      view to document, through find, say, setText, swapIcon; drawing the same twice changes nothing.
 *   page.js      const store = new Store(START, reduce);
 *                store.subscribe((state, before) => {
 *                    draw(view(state));
 *                    if (state.onDuty && !before.onDuty) warm();   what is to be done follows from what has changed
 *                });
 *                Messages of the server, presses, timers and answers all go one way: store.dispatch(message).
 *
 * A message is a plain object with a `type`. Those of the server are taken as they are; those of a page have names that
 * the server does not use. What the page shows is never written to the document from anywhere but `draw`.
 */

/**
 * A state with some of its values changed; the same object when they are the same already.
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

    /** @param {(state: State, before: State) => void} subscriber is called after each change of the state */
    subscribe(subscriber) {
        this.#subscribers.push(subscriber);
    }

    /**
     * Takes up what happened. From within a subscriber: after all subscribers have heard of the change before.
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
