/**
 * What a clinician's page shows besides a patient: the group that the clinician leads, mediators, the list of participants.
 * Owns: these, from the moment when the first of them is needed.
 */

/** @import {CallPage} from "../shared/call/callpage.js" */
/** @import {Group, Mediation} from "../shared/signaling/messages.js" */
/** @import {Store} from "../shared/base/store.js" */
/** @import {Message, State} from "./state.js" */

import { notice } from "../shared/base/frame.js";
import { asCall, HostPanel, ready } from "../shared/call/together/groupcall.js";
import { t } from "../shared/base/i18n.js";
import { GROUP_SLOTS, RECEIVE_SLOTS } from "../shared/call/link/leg.js";
import { mediationChanged, openMediators } from "../shared/call/together/mediators.js";
import { PresenceList } from "../shared/call/together/presence.js";
import { view } from "./view.js";

export class Together {
    #presence = new PresenceList();
    /** @type {HostPanel | null} */
    #host = null;

    /** @param {CallPage} page @param {Store<State, Message>} store */
    constructor(page, store) {
        this.page = page;
        this.store = store;
        store.subscribe((state, before) => this.#follow(state, before));
        this.#follow(store.state, store.state);
    }

    /** @param {Group | Mediation} message */
    handle(message) {
        if (message.type === "mediation") void mediationChanged(message);
        else void this.#group(message);
    }

    openMediators() {
        void openMediators(() => this.store.state.consultation, (message) => this.page.session.send(message));
    }

    /** Opens a group, or shows the panel of the open one. */
    openGroup() {
        if (this.#host) this.#host.element.hidden = false;
        else this.page.session.send({ type: "open_group" });
    }

    /** @param {State} state @param {State} before */
    #follow(state, before) {
        const { listed, selfId } = view(state);
        this.#presence.show(listed, selfId);
        if (before.leads && !state.leads) this.#over();
    }

    /** The group is over, or the server no longer knows it. */
    #over() {
        document.body.classList.remove("in-group");
        this.page.session.leg.wantSlots(RECEIVE_SLOTS);
        this.#host?.close();
        this.#host = null;
    }

    /** @param {Group} group that this clinician leads */
    async #group(group) {
        await ready();
        if (!group.open) {
            this.store.dispatch({ type: "led", call: null });
            notice(t(`group.out.${group.why === "lost" ? "lost" : "over"}`));
            return;
        }
        // Set the class before the call is shown, because that makes a leg if there is none.
        document.body.classList.add("in-group");
        this.page.session.leg.wantSlots(GROUP_SLOTS);
        this.#host ??= new HostPanel((message) => this.page.session.send(message));
        this.#host.show(group);
        this.store.dispatch({ type: "led", call: asCall(group, group.group_id) });
    }
}
