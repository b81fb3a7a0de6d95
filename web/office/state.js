/**
 * The state of the office's frame: who is signed in, and which section is open. Owns: the state, and how each message
 * changes it. Must never touch the document, nor know the content of a section.
 */

/** @import {Me} from "../shared/signin/signin.js" */

/**
 * @typedef {object} State
 * @property {boolean} begun the server has said who is signed in
 * @property {Me | null} me
 * @property {string} section the id of the open one; "": none
 * @property {number} opened how many times a section was opened; opening the same section fills it again
 */

/**
 * @typedef {{type: "begun"} | {type: "entered", me: Me, section: string} | {type: "opened", section: string} | {type: "left"}} Message
 */

/** @type {State} */
export const START = { begun: false, me: null, section: "", opened: 0 };

/** @param {State} state @param {Message} message @returns {State} the same object: nothing changed */
export function reduce(state, message) {
    switch (message.type) {
        case "begun":
            return { ...state, begun: true };
        case "entered":
            return { begun: true, me: message.me, section: message.section, opened: state.opened + 1 };
        case "opened":
            return state.me ? { ...state, section: message.section, opened: state.opened + 1 } : state;
        case "left":
            return { ...state, begun: true, me: null, section: "" };
        default:
            return state;
    }
}
