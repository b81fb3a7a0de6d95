/**
 * What the view of a call shows, as a function of messages. Owns: the state, how each message changes it, and what the
 * screen shows. Pure: no document, no clock, no texts, only keys of the catalogs. Must never decide what is sent.
 */

/** @import {Consultation, Link, LinkQuality, Participant, Rungs} from "../../signaling/messages.js" */
/** @import {DeviceState} from "../devices/devicetable.js" */
/** @import {LegCondition} from "../link/legkeeper.js" */
/** @import {Facts} from "./facts.js" */

import { changed } from "../../base/store.js";
import { isMissing } from "../devices/devicetable.js";
import { joined } from "../../base/isolate.js";

/** By the first words of a banner; the clock stands for the others. @type {[RegExp, string][]} */
const BANNER_ICONS = [[/^banner.m/, "mic-off"], [/^banner.(camera|frozen)/, "camera-off"], [/^banner.server/, "away"]];

/**
 * @typedef {object} CallState
 * @property {Consultation | null} call on the screen
 * @property {string} selfId
 * @property {number} startedMs when everybody was first in the call; 0: not yet
 * @property {number} nowMs
 * @property {ReadonlySet<string>} flowing the participants whose pictures arrive
 * @property {boolean} silent whether the browser plays no sound before a tap
 * @property {LinkQuality | null} quality of the own link
 * @property {Rungs | null} rungs of the own leg
 * @property {LegCondition} leg
 * @property {boolean} serverAway whether the socket is away; the call itself may go on
 * @property {Facts | null} facts
 * @property {boolean} muted
 * @property {boolean} cameraRests
 * @property {DeviceState} microphone
 * @property {DeviceState} camera
 * @property {boolean} frozen the own picture is to be sent, and none leaves
 *
 * @typedef {Pick<CallState, "muted" | "cameraRests" | "microphone" | "camera">} OwnState
 *
 * @typedef {{type: "shown", call: Consultation, selfId: string, nowMs: number, flowing: ReadonlySet<string>}
 *     | {type: "hidden"}
 *     | {type: "tick", nowMs: number, flowing: ReadonlySet<string>}
 *     | {type: "used", facts: Facts}
 *     | {type: "frozen", on: boolean}
 *     | {type: "sound", blocked: boolean}
 *     | {type: "leg", condition: LegCondition}
 *     | {type: "server_away", away: boolean}
 *     | {type: "devices", own: OwnState}
 *     | Link | Rungs} CallMessage
 */

/** @type {CallState} */
export const START = {
    call: null, selfId: "", startedMs: 0, nowMs: 0, flowing: new Set(), silent: false, quality: null, rungs: null, leg: "none",
    serverAway: false, facts: null, muted: false, cameraRests: false, microphone: "off", camera: "off", frozen: false,
};

/** @param {CallState} state @param {CallMessage} message @returns {CallState} */
export function reduce(state, message) {
    switch (message.type) {
        case "shown": return shown(state, message);
        case "hidden": return changed(state, { call: null, startedMs: 0, rungs: null, facts: null, silent: false, frozen: false });
        case "tick": return changed(state, { nowMs: message.nowMs, flowing: message.flowing });
        case "used": return changed(state, { facts: state.call && message.facts });
        case "frozen": return changed(state, { frozen: message.on });
        case "sound": return changed(state, { silent: message.blocked });
        case "leg": return changed(state, { leg: message.condition });
        case "server_away": return changed(state, { serverAway: message.away });
        case "devices": return changed(state, message.own);
        case "link": return changed(state, { quality: message.quality });
        case "rungs": return changed(state, { rungs: message });
    }
}

/** @param {CallState} state @param {CallMessage & {type: "shown"}} message @returns {CallState} */
function shown(state, { call, selfId, nowMs, flowing }) {
    const knownMs = state.call?.consultation_id === call.consultation_id ? state.startedMs : 0;
    const next = { ...state, call, selfId, nowMs, flowing, startedMs: knownMs || (call.state === "in_call" ? nowMs : 0) };
    return { ...next, silent: next.silent && others(next).length > 0 };
}

/** @param {CallState} state */
export function view(state) {
    const { call, muted, cameraRests } = state;
    const people = others(state);
    const unheard = isUnheard(state);
    const talks = call?.state === "in_call" && people.some((one) => one.presence === "connected");
    return {
        people: people.map((one) => person(one, state.flowing.has(one.participant_id))),
        tapToHear: state.silent,
        banner: banner(state),
        about: call && { urgency: call.urgency, reason: call.reason },
        seconds: state.startedMs ? (state.nowMs - state.startedMs) / 1000 : null,
        use: state.facts && { ...state.facts, downKbps: Math.round(state.facts.downKbps), upKbps: Math.round(state.facts.upKbps) },
        quality: state.quality,
        rungs: talks ? state.rungs : null,
        ownPicture: { shown: call !== null, there: state.camera === "on" },
        unheard,
        mute: control(muted, isMissing(state.microphone), unheard, "mic", ["call.mute", "call.unmute", "call.mic_again"]),
        camera: control(cameraRests, isMissing(state.camera), false, "camera", ["call.camera_off", "call.camera_on", "call.camera_again"]),
        cameraFails: isMissing(state.camera),
    };
}

/**
 * What a press on a device's button does, and whether the others get what it gives.
 * @param {boolean} pressed @param {boolean} fails @param {boolean} unheard @param {string} picture
 * @param {[string, string, string]} keys
 */
function control(pressed, fails, unheard, picture, [off, on, again]) {
    return { pressed, picture: pressed || fails || unheard ? `${picture}-off` : picture, key: pressed ? on : fails ? again : off };
}

/**
 * Whether nobody hears the open microphone: there is no leg, or the socket is away and nothing arrives on the leg either.
 * @param {CallState} state @returns {boolean}
 */
function isUnheard({ call, leg, serverAway, facts }) {
    return call !== null && (leg !== "connected" || (serverAway && facts?.downKbps === 0));
}

/** @param {CallState} state @returns {Participant[]} */
function others({ call, selfId }) {
    return call?.participants.filter((one) => one.participant_id !== selfId) ?? [];
}

/** @typedef {ReturnType<typeof person>} PersonView */

/** One other participant. @param {Participant} participant @param {boolean} flowing */
function person(participant, flowing) {
    return {
        participant,
        name: joined(...new Set([participant.site, participant.name])),
        hasPicture: flowing && !participant.video_muted,
        states: condition(participant, flowing),
    };
}

/** What is not as it should be: where nobody is, that; else voice and picture, each by its own cause. @param {Participant} one @param {boolean} flowing */
function condition({ presence, audio_muted, video_muted, audio_fault, video_fault }, flowing) {
    if (presence !== "connected") return [{ key: `tile.${presence}`, picture: "away" }];
    const states = [];
    if (audio_muted) states.push({ key: audio_fault ? `mic.${audio_fault}` : "tile.muted", picture: "mic-off" });
    if (video_muted) states.push({ key: video_fault ? `preview.${video_fault}` : "tile.no_camera", picture: "camera-off" });
    else if (!flowing && !audio_muted) states.push({ key: "tile.voice", picture: "voice" });
    return states;
}

/** What is to be said first, as one sentence or two; no key: nothing. @param {CallState} state */
function banner(state) {
    const call = callKey(state);
    const keys = call ? [call] : ownKeys(state);
    return { keys, picture: BANNER_ICONS.find(([words]) => words.test(keys[0] ?? ""))?.[1] ?? "clock" };
}

/** What is said until the longer sentence is here, or while the link is away: from the words of every page. @param {string} key */
export function shortKey(key) {
    if (key === "banner.blocked") return "link.blocked";
    if (key === "banner.frozen") return "preview.quiet";
    return key.replace("banner.mic.", "mic.").replace("banner.camera.", "preview.").replace("banner.camera_off", "tile.no_camera");
}

/** @param {CallState} all @returns {string} */
function callKey(all) {
    const { call, leg, serverAway } = all;
    const state = call?.state;
    if (leg === "blocked") return "banner.blocked";
    const isLost = leg === "disconnected" || (leg === "connected" && isUnheard(all));
    if (isLost || (leg === "connecting" && state === "interrupted")) return "banner.reconnecting";
    if (state === "accepted" || leg === "connecting") return "banner.connecting";
    if (state === "interrupted") return "banner.other_away";
    return serverAway ? "banner.server_away" : "";
}

/** What the others do not hear and see of oneself, and why. @param {CallState} state @returns {string[]} */
function ownKeys({ microphone, camera, muted, cameraRests, frozen }) {
    const voice = isMissing(microphone) ? `banner.mic.${microphone}` : muted ? "banner.muted" : "";
    // A camera alone that a person switched off is told by its button.
    const picture = isMissing(camera) ? `banner.camera.${camera}` : cameraRests ? voice && "banner.camera_off" : frozen ? "banner.frozen" : "";
    return [voice, picture].filter(Boolean);
}
