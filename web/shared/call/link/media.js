/**
 * Sound and picture of one page: the own devices and the leg that carries them. Owns: what passes between the two: tracks
 * to the sender, the wanted picture to the camera. Must never know a page or a socket.
 */

/** @import {ClientMessage, ServerMessage} from "../../signaling/messages.js" */
/** @import {LegCondition} from "./legkeeper.js" */
/** @import {SlotMedia} from "./leg.js" */

import { OwnDevices } from "../devices/owndevices.js";
import { LegKeeper } from "./legkeeper.js";

/**
 * @typedef {object} MediaCallbacks
 * @property {(message: ClientMessage) => number} send returns the seq of the message
 * @property {() => void} onDevices own tracks, device states, mute or camera choice changed
 * @property {(slots: SlotMedia[]) => void} onSlots
 * @property {(condition: LegCondition) => void} onLeg
 * @property {() => boolean} [awaitsAnswer] whether the server has not answered a ping yet
 */

export class Media {
    /** @param {MediaCallbacks} callbacks @param {boolean} [sendsTwice] as in `LegKeeper` */
    constructor({ send, onDevices, onSlots, onLeg, awaitsAnswer }, sendsTwice) {
        this.devices = new OwnDevices({ send, onDevices, onTrack: (kind, track) => void this.leg.setTrack(kind, track) });
        this.leg = new LegKeeper({
            send, onSlots, onLeg, awaitsAnswer,
            tracks: this.devices.capture.tracks,
            askCamera: (video) => this.devices.askCamera(video),
        }, sendsTwice);
    }

    /** @param {ServerMessage} message ignored if it is about other parts */
    handle(message) {
        if (message.type === "welcome") this.devices.welcomed(message.resumed);
        this.leg.handle(message);
    }
}
