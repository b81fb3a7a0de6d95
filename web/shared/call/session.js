/**
 * The session of one signed-in page: connects the socket and the media. Owns: which events of the window concern them.
 * Must never know what a page looks like.
 */

/** @import {ClientMessage, ServerMessage} from "../signaling/messages.js" */
/** @import {Status} from "../signaling/protocol.js" */
/** @import {SlotMedia} from "./link/leg.js" */
/** @import {LegCondition} from "./link/legkeeper.js" */
/** @import {Ticket} from "../base/http.js" */

import { fetchTicket } from "../base/http.js";
import { Media } from "./link/media.js";
import { Connection } from "../signaling/protocol.js";
import { StillsLink } from "../stills/stillslink.js";

/**
 * @typedef {object} SessionCallbacks
 * @property {(ticket: Ticket) => void} [onTicket] the server has accepted the sign-in; the socket opens next
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(status: Status) => void} onStatus
 * @property {() => void} onDevices
 * @property {(slots: SlotMedia[]) => void} onSlots
 * @property {(condition: LegCondition) => void} onLeg
 */

export class Session {
    /** @param {"station" | "clinician" | "mediator"} role @param {SessionCallbacks} callbacks */
    constructor(role, callbacks) {
        this.connection = new Connection({
            url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
            ticket: async () => {
                const ticket = await fetchTicket(role);
                this.leg.prepare(ticket.ice_servers);
                callbacks.onTicket?.(ticket);
                return ticket.ticket;
            },
            onMessage: (message) => {
                this.media.handle(message);
                callbacks.onMessage(message);
                this.stills.handle(message);
            },
            onStatus: (status) => {
                this.leg.setOnline(status.state === "open");
                callbacks.onStatus(status);
            },
        });
        this.media = new Media({
            send: (message) => this.send(message),
            onDevices: callbacks.onDevices,
            onSlots: callbacks.onSlots,
            awaitsAnswer: () => this.connection.awaitsAnswer,
            onLeg: (condition) => {
                this.stills.legChanged();
                // A ping shows whether the link is away.
                if (condition === "disconnected") this.connection.networkChanged();
                // Media reaches the server, so a socket will too.
                if (condition === "connected" && this.connection.status.state === "away") this.connection.connect();
                callbacks.onLeg(condition);
            },
            // A clinician's viewers have different links once a mediator joins, so a clinician sends two pictures. A
            // station's viewers mostly have better links than the station.
        }, role !== "station");
        this.stills = new StillsLink(this.media, (message) => this.send(message), role === "clinician");
        const changed = () => this.connection.networkChanged();
        window.addEventListener("online", changed);
        window.addEventListener("offline", changed);
        document.addEventListener("visibilitychange", () => {
            if (!document.hidden) changed();
        });
    }

    get devices() {
        return this.media.devices;
    }

    get leg() {
        return this.media.leg;
    }

    /** @param {ClientMessage} message @returns {number} its seq */
    send(message) {
        return this.connection.send(message);
    }

    /** Ends leg, devices and socket, after a sign-out or when another page has replaced this one. */
    end() {
        this.devices.tellOthers(false);
        this.leg.stop();
        this.devices.close();
        this.connection.close();
    }
}
