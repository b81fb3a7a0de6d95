/**
 * The view of the office's frame, as plain values. Must never touch the document.
 */

/** @import {State} from "./state.js" */

import { SECTIONS } from "./sections.js";
import { joined } from "../shared/base/isolate.js";

/** @typedef {ReturnType<typeof view>} View */

/** @param {State} state */
export function view({ begun, me, section }) {
    return {
        screen: me ? "desk" : begun ? "sign-in" : "loading",
        name: me ? joined(me.name, me.site) : "",
        tabs: (me ? sectionsOf(me.role) : []).map(({ id, icon }) => ({ id, icon, text: `office.${id}`, isOpen: id === section })),
        /** Whether a line warns of cases that have waited too long. */
        showsAlarms: me?.role === "coordinator",
    };
}

/** @param {string} role @returns {import("./sections.js").Section[]} the sections for this role, in order */
export function sectionsOf(role) {
    return SECTIONS.filter(({ roles }) => roles === null || roles.includes(role));
}
