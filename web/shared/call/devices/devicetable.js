/**
 * The states of a microphone or a camera that a page wants, as a table. Owns: when the page asks for a device, which one,
 * how long it waits before the next try, and what people are told meanwhile. Pure: no browser, no clock, no track; times
 * and ids are arguments. Events may arrive in any order, twice, or not at all: after a device was unplugged, `gone` may
 * arrive before `listed`, after it, or alone.
 *
 *            open           got             mute
 *     off ────────▶ opening ────▶ on ◀───────────────▶ quiet      a live track; quiet: nothing comes out of it
 *      ▲               │           │ gone     unmute     │ gone
 *      │ close         │ failed    ▼                     ▼
 *      └── from all    └──────▶ missing ◀────────────────┘        tries again by itself, each 1.5 s at most
 *                      │ refused
 *                      └──────▶ denied                            waits for the permission, or for a press
 */

/**
 * on: a live track; off: closed, or not asked for yet; quiet: open, but gives nothing; none: no such device; denied: a
 * person or a policy refused; busy: another program uses it.
 * @typedef {"on" | "off" | "quiet" | "none" | "denied" | "busy"} DeviceState
 * @typedef {"off" | "opening" | "on" | "quiet" | "missing" | "denied"} Phase
 *
 * @typedef {object} Device
 * @property {Phase} phase
 * @property {"none" | "busy"} why the device is missing
 * @property {boolean} asking the browser has not answered the present request yet
 * @property {boolean} again something changed during the request: after a failure ask again
 * @property {string} id of the device of the present track
 * @property {number} sinceMs when the present track arrived
 * @property {string[]} tried the ids that this round has asked for; "": the browser's choice
 * @property {number} waits how many rounds have failed since something changed
 *
 * @typedef {{type: "open"} | {type: "close"} | {type: "listed"} | {type: "granted"} | {type: "due"} | {type: "unmute"}
 *   | {type: "gone" | "mute", atMs: number}
 *   | {type: "got", id: string, silent: boolean, others: string[], atMs: number}
 *   | {type: "failed", why: "none" | "busy" | "denied", others: string[]}} DeviceEvent
 *   listed: the list of devices changed; due: the wait is over; silent: the new track is mute; others: the ids of all
 *   devices of this kind, as far as the browser names them
 *
 * @typedef {{do: "ask", id: string} | {do: "wait", ms: number} | {do: "take"} | {do: "drop"} | {do: "stop"}} Effect
 *   take: use the new track; drop: stop the new track; stop: stop the present track and end the wait
 */

/** @type {Device} */
export const START = { phase: "off", why: "none", asking: false, again: false, id: "", sinceMs: 0, tried: [], waits: 0 };

// A device that comes back without an event is found within 2 s, including 0.5 s for opening.
const WAITS_MS = [250, 500, 1_000, 1_500];
// A track that lasted this long did not start faulty: ask for its successor at once.
const STEADY_MS = 10_000;
// Ids that Chromium uses as other names of a device in the list.
const ALIASES = ["", "default", "communications"];

/**
 * By phase and event: the next phase and the action.
 * @type {Record<Phase, Partial<Record<DeviceEvent["type"], string>>>}
 */
const TABLE = {
    off: { open: "opening ask", got: "off drop" },
    opening: { close: "off stop", got: "on take", failed: "missing next" },
    on: { close: "off stop", got: "on drop", gone: "missing replace", mute: "quiet later" },
    quiet: { close: "off stop", got: "on compare", gone: "missing replace", unmute: "on", failed: "quiet next", open: "quiet ask", listed: "quiet ask", due: "quiet ask" },
    missing: { close: "off stop", got: "on take", failed: "missing next", open: "missing ask", listed: "missing ask", granted: "missing ask", due: "missing ask" },
    denied: { close: "off stop", got: "on take", open: "denied ask", granted: "missing ask", failed: "missing next" },
};
// After these events the situation is new, so the first try follows soon.
const NEWS = ["open", "listed", "granted"];

/** @param {Device} device @param {DeviceEvent} event @returns {{device: Device, effects: Effect[]}} */
export function next(device, event) {
    const answered = event.type === "got" || event.type === "failed";
    const known = { ...device, asking: answered ? false : device.asking, waits: NEWS.includes(event.type) ? 0 : device.waits };
    const row = TABLE[device.phase][event.type];
    if (!row) return { device: known, effects: [] };
    const [phase, what] = row.split(" ");
    return carryOut({ ...known, phase: /** @type {Phase} */ (phase) }, what ?? "", event, device);
}

/** What people are told. @param {Device} device @returns {DeviceState} */
export function stateOf({ phase, why }) {
    if (phase === "missing") return why;
    return phase === "opening" ? "off" : phase;
}

/**
 * Whether a wanted device gives nothing.
 * @param {DeviceState} state @returns {state is Exclude<DeviceState, "on" | "off">}
 */
export function isMissing(state) {
    return state !== "on" && state !== "off";
}

/** @param {Device} device @param {string} what @param {DeviceEvent} event @param {Device} before */
function carryOut(device, what, event, before) {
    if (what === "ask") return ask(device, "", true);
    if (what === "later") return wait(steadied(device, event));
    if (what === "stop") return { device: { ...device, tried: [], again: false }, effects: /** @type {Effect[]} */ ([{ do: "stop" }]) };
    if (what === "drop") return { device, effects: /** @type {Effect[]} */ ([{ do: "drop" }]) };
    if (event.type === "gone") return replace(steadied(device, event));
    if (event.type === "failed") return tryNext(device, event);
    if (event.type === "got") return what === "compare" ? compare(device, event, before) : take(device, event);
    return { device, effects: [] };
}

/**
 * Resets the count of failures after a track that lasted.
 * @param {Device} device @param {DeviceEvent} event @returns {Device}
 */
function steadied(device, event) {
    const lasted = "atMs" in event && event.atMs - device.sinceMs > STEADY_MS;
    return { ...device, waits: lasted ? 0 : device.waits };
}

/**
 * Asks for a successor of the track that has ended.
 * @param {Device} device @returns {{device: Device, effects: Effect[]}}
 */
function replace(device) {
    const lost = { ...device, why: /** @type {const} */ ("none"), id: "", tried: [] };
    const { device: after, effects } = device.waits ? wait(lost) : ask({ ...lost, waits: 1 }, "", true);
    return { device: after, effects: [{ do: "stop" }, ...effects] };
}

/** @param {Device} device @param {string} id @param {boolean} [anew] of a new round @returns {{device: Device, effects: Effect[]}} */
function ask(device, id, anew = false) {
    // The browser answers one request at a time; a change meanwhile is a reason for another request afterwards.
    if (device.asking) return { device: { ...device, again: true }, effects: [] };
    const tried = anew ? [id] : [...device.tried, id];
    return { device: { ...device, asking: true, again: false, tried }, effects: [{ do: "ask", id }] };
}

/** @param {Device} device @returns {{device: Device, effects: Effect[]}} */
function wait(device) {
    const ms = WAITS_MS[Math.min(device.waits, WAITS_MS.length - 1)] ?? 0;
    return { device: { ...device, tried: [], waits: device.waits + 1 }, effects: [{ do: "wait", ms }] };
}

/** @param {Device} device @param {DeviceEvent & {type: "got"}} event @returns {{device: Device, effects: Effect[]}} */
function take(device, { id, atMs }) {
    return { device: { ...device, id, sinceMs: atMs, tried: [], again: false }, effects: [{ do: "take" }] };
}

/**
 * Compares a new track with the present one, which gives nothing: it is of another device, or the same device works again.
 * @param {Device} device @param {DeviceEvent & {type: "got"}} event @param {Device} before @returns {{device: Device, effects: Effect[]}}
 */
function compare(device, event, before) {
    const other = candidate(before.tried, [event.id, before.id], event.others);
    if (!event.silent && (event.id !== before.id || other === null)) return take(device, event);
    const stays = { ...device, phase: before.phase };
    const { device: after, effects } = other === null ? wait(stays) : ask(stays, other);
    return { device: after, effects: [{ do: "drop" }, ...effects] };
}

/** @param {Device} device @param {DeviceEvent & {type: "failed"}} event @returns {{device: Device, effects: Effect[]}} */
function tryNext(device, { why, others }) {
    if (why === "denied") {
        /** @type {Device} */
        const refused = { ...device, phase: device.phase === "quiet" ? "quiet" : "denied" };
        return device.again ? ask(refused, "", true) : { device: refused, effects: [] };
    }
    // Keep "busy" after "none": it says that one of several devices exists.
    const known = { ...device, why: device.tried.length > 1 && device.why === "busy" ? device.why : why };
    if (device.again) return ask(known, "", true);
    const other = candidate(device.tried, [device.id], others);
    return other === null ? wait(known) : ask(known, other);
}

/** The next device of this round; null: all were tried. @param {string[]} tried @param {string[]} useless @param {string[]} all */
function candidate(tried, useless, all) {
    return all.find((id) => !ALIASES.includes(id) && !tried.includes(id) && !useless.includes(id)) ?? null;
}
