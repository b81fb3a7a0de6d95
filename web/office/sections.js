/**
 * Which sections the office shows to whom. Owns: the table of sections; the server decides again at every request. Each
 * module is loaded when its section is first opened, and exports `open(box, me)`.
 */

/** @import {Me} from "../shared/signin/signin.js" */

/**
 * @typedef {object} SectionModule
 * @property {(box: HTMLElement, me: Me) => void | Promise<void>} open fills the box
 */

/**
 * @typedef {object} Section
 * @property {string} id the key of the title is `office.<id>`
 * @property {string} icon
 * @property {string[] | null} roles null: everybody
 * @property {() => Promise<SectionModule>} load
 */

/** @type {Section[]} */
export const SECTIONS = [
    { id: "stations", icon: "station", roles: ["coordinator", "administrator"], load: () => import("./sections/stations.js") },
    { id: "sites", icon: "hand", roles: ["coordinator"], load: () => import("./sections/sites.js") },
    { id: "accounts", icon: "people", roles: ["administrator"], load: () => import("./sections/accounts.js") },
    { id: "waiting", icon: "clock", roles: ["coordinator"], load: () => import("./sections/waiting.js") },
    { id: "roster", icon: "doctor", roles: ["coordinator"], load: () => import("./sections/roster.js") },
    { id: "reports", icon: "gauge", roles: ["coordinator"], load: () => import("./sections/reports.js") },
    { id: "audit", icon: "eye", roles: ["auditor"], load: () => import("./sections/audit.js") },
    { id: "own", icon: "person", roles: null, load: () => import("./sections/own.js") },
];
