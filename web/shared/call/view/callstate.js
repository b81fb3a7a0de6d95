/**
 * What the view of a call shows, as a function of messages. Owns: the state, how each message changes it, and what the
 * screen shows. Pure: no document, no clock, no texts, only keys of the catalogs. Must never decide what is sent.
 */

/** @import {Consultation, Link, LinkQuality, Participant, Rungs} from "../../signaling/messages.js" */
/** @import {DeviceState} from "../devices/capture.js" */
/** @import {LegCondition} from "../link/legkeeper.js" */
/** @import {Facts} from "./facts.js" */

import { changed } from "../../base/store.js";
import { isMissing } from "../devices/capture.js";

/** @type {Record<string, string>} the clock stands for the others */
const BANNER_ICONS = { "banner.muted": "mic-off", "banner.no_microphone": "mic-off", "banner.server_away": "away" };

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
 * @property {boolean} ownPicture
 *
 * @typedef {Pick<CallState, "muted" | "cameraRests" | "microphone" | "ownPicture">} OwnState
 *
 * @typedef {{type: "shown", call: Consultation, selfId: string, nowMs: number, flowing: ReadonlySet<string>}
 *     | {type: "hidden"}
 *     | {type: "tick", nowMs: number, flowing: ReadonlySet<string>}
 *     | {type: "used", facts: Facts}
 *     | {type: "sound", blocked: boolean}
 *     | {type: "leg", condition: LegCondition}
 *     | {type: "server_away", away: boolean}
 *     | {type: "devices", own: OwnState}
 *     | Link | Rungs} CallMessage
 */

/** @type {CallState} */
export const START = {
    call: null, selfId: "", startedMs: 0, nowMs: 0, flowing: new Set(), silent: false, quality: null, rungs: null, leg: "none",
    serverAway: false, facts: null, muted: false, cameraRests: false, microphone: "off", ownPicture: false,
};

/** @param {CallState} state @param {CallMessage} message @returns {CallState} */
export function reduce(state, message) {
    switch (message.type) {
        case "shown": return shown(state, message);
        case "hidden": return changed(state, { call: null, startedMs: 0, rungs: null, facts: null, silent: false });
        case "tick": return changed(state, { nowMs: message.nowMs, flowing: message.flowing });
        case "used": return changed(state, { facts: state.call && message.facts });
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
        ownPicture: { shown: call !== null, there: state.ownPicture },
        unheard,
        mute: { pressed: muted, picture: muted || unheard || isMissing(state.microphone) ? "mic-off" : "mic", key: muted ? "call.unmute" : "call.mute" },
        camera: { pressed: cameraRests, picture: cameraRests ? "camera-off" : "camera", key: cameraRests ? "call.camera_on" : "call.camera_off" },
    };
}

/**
 * Nobody hears an open microphone: the leg is not there, or the socket is away and nothing comes over the leg either.
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
    const { presence, audio_muted, video_muted } = participant;
    const [key, picture] = presence === "reconnecting" ? ["tile.reconnecting", "away"]
        : presence === "away" ? ["tile.away", "away"]
        : audio_muted ? ["tile.muted", "mic-off"]
        : video_muted ? ["tile.no_camera", "camera-off"]
        : flowing ? ["", ""] : ["tile.voice", "voice"];
    return {
        participant,
        name: [...new Set([participant.site, participant.name])].filter(Boolean).join(" · "),
        hasPicture: flowing && !video_muted,
        state: { key, picture },
    };
}

/** The one thing to say first; an empty key: nothing. @param {CallState} state */
function banner(state) {
    const key = bannerKey(state);
    return { key, picture: BANNER_ICONS[key] ?? "clock" };
}

/** @param {CallState} all @returns {string} */
function bannerKey(all) {
    const { call, leg, serverAway, microphone, muted } = all;
    const state = call?.state;
    const isLost = leg === "disconnected" || (leg === "connected" && isUnheard(all));
    if (isLost || (leg === "connecting" && state === "interrupted")) return "banner.reconnecting";
    if (state === "accepted" || leg === "connecting") return "banner.connecting";
    if (state === "interrupted") return "banner.other_away";
    if (serverAway) return "banner.server_away";
    if (isMissing(microphone)) return "banner.no_microphone";
    return muted ? "banner.muted" : "";
}
