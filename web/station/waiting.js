/**
 * The waiting room of a station: place in the queue, doctors on duty, time waited. Must never send anything.
 */

/** @import {Consultation, LinkQuality, Waiting} from "../shared/messages.js" */

import { find, icon, setText, swapIcon } from "../shared/dom.js";
import { clock, t } from "../shared/i18n.js";
import { makeLink, showLink } from "../shared/links.js";

// More people than this in one row say no more than the number beside them.
const MOST_DRAWN = 8;

export class WaitingView {
    /** @type {Waiting | null} */
    #waiting = null;
    #receivedMs = 0;
    #link = makeLink();

    constructor() {
        find("[data-link-waiting]", HTMLElement).append(this.#link);
    }

    /** @param {Waiting | null} waiting null: the place is not known yet */
    setPlace(waiting) {
        this.#waiting = waiting;
        this.#receivedMs = Date.now();
        this.show();
    }

    /** @param {Consultation} consultation */
    setConsultation({ urgency }) {
        const line = find("[data-urgency-now]", HTMLElement);
        line.className = `urgency-now urgency-${urgency}`;
        swapIcon(line, urgency);
        setText(find("span", HTMLElement, line), t(`urgency.${urgency}`));
    }

    /** @param {LinkQuality} quality */
    setLink(quality) {
        showLink(this.#link, quality);
    }

    show() {
        const position = this.#waiting?.position ?? 0;
        setText(find("[data-position]", HTMLElement), position ? String(position) : "…");
        setText(find("[data-position-text]", HTMLElement), positionText(position));
        const drawn = Math.min(position, MOST_DRAWN);
        const people = Array.from({ length: drawn }, (_, index) => icon("person", index === drawn - 1 ? "icon me" : "icon"));
        find("[data-queue-picture]", HTMLElement).replaceChildren(icon("doctor"), ...people);
        const onDuty = this.#waiting?.on_duty ?? 0;
        setText(find("[data-on-duty]", HTMLElement), onDuty ? t("waiting.on_duty", { count: onDuty }) : t("waiting.nobody"));
        this.tick();
    }

    /** Once a second. */
    tick() {
        const waited = this.#waiting ? this.#waiting.waiting_s + (Date.now() - this.#receivedMs) / 1000 : 0;
        setText(find("[data-waited]", HTMLElement), t("waiting.waited", { time: clock(waited) }));
    }
}

/** @param {number} position from 1; 0: not known @returns {string} */
function positionText(position) {
    if (position === 0) return t("waiting.unknown");
    return position === 1 ? t("waiting.first") : t("waiting.before", { count: position - 1 });
}
