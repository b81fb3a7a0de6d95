/**
 * What a clinician's page shows beside a patient: the group one leads, mediators, who is there. Owns: these, from the
 * moment the first of them is needed.
 */

/** @import {CallPage} from "../shared/call/callpage.js" */
/** @import {Consultation, Group, ServerMessage} from "../shared/signaling/messages.js" */

import { notice } from "../shared/base/frame.js";
import { asCall, HostPanel, ready } from "../shared/call/together/groupcall.js";
import { t } from "../shared/base/i18n.js";
import { GROUP_SLOTS, RECEIVE_SLOTS } from "../shared/call/link/leg.js";
import { mediationChanged, openMediators } from "../shared/call/together/mediators.js";
import { mustBeSeen, PresenceList } from "../shared/call/together/presence.js";

/**
 * @typedef {object} Ways what the page does for it
 * @property {() => Consultation | null} current
 * @property {(consultation: Consultation | null) => void} show the group as a call; null: it is over
 */

export class Together {
    #presence = new PresenceList();
    /** @type {HostPanel | null} */
    #host = null;

    /** @param {CallPage} page @param {Ways} ways */
    constructor(page, ways) {
        this.page = page;
        this.ways = ways;
    }

    /** Whether one leads a group now. */
    get leads() {
        return this.#host !== null;
    }

    /** @param {ServerMessage} message */
    handle(message) {
        if (message.type === "mediation") void mediationChanged(message);
        else if (message.type === "group") void this.#group(message);
    }

    openMediators() {
        void openMediators(this.ways.current, (message) => this.page.session.send(message));
    }

    /** Opens a group, or shows the panel of the one there is. */
    openGroup() {
        if (this.#host) this.#host.element.hidden = false;
        else this.page.session.send({ type: "open_group" });
    }

    /** @param {Consultation | null} call what is on the screen */
    showPresence(call) {
        // A host's panel says the same and more.
        this.#presence.show(call && !this.#host && mustBeSeen(call) ? call : null, this.page.participantId);
    }

    /** @param {Group} group the one that is led */
    async #group(group) {
        await ready();
        const { leg } = this.page.session;
        if (!group.open) {
            this.#host?.close();
            this.#host = null;
            document.body.classList.remove("in-group");
            leg.wantSlots(RECEIVE_SLOTS);
            this.ways.show(null);
            notice(t("group.over"));
            return;
        }
        if (!this.#host) {
            this.#host = new HostPanel((message) => this.page.session.send(message));
            document.body.classList.add("in-group");
            leg.wantSlots(GROUP_SLOTS);
        }
        this.#host.show(group);
        this.ways.show(asCall(group, group.group_id));
    }
}
