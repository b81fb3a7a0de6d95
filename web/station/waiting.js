/**
 * The waiting room of a station: place in the queue, doctors on duty, time waited. Must never send anything.
 */

/** @import {Consultation, LinkQuality, Waiting} from "../shared/signaling/messages.js" */

import { find, icon, setText, swapIcon } from "../shared/base/dom.js";
import { alsoSay, clock, t } from "../shared/base/i18n.js";
import { makeLink, showLink } from "../shared/call/view/links.js";

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
        // Said after the rest: nobody waits for these words.
        if (waiting) void alsoSay("cases").then(() => this.show());
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
        setText(find("[data-outlook]", HTMLElement), outlookText(this.#waiting));
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

/** What is honestly known of the wait, and how wide is asked. @param {Waiting | null} waiting @returns {string} */
function outlookText(waiting) {
    if (!waiting || t("wait.unknown") === "wait.unknown") return "";
    const { expected_median_s: median, expected_low_s: low, expected_high_s: high, next_on_duty_in_s: next } = waiting;
    const known = typeof median === "number" && typeof low === "number" && typeof high === "number";
    const expected = known ? t("wait.expected", { median: clock(median), low: clock(low), high: clock(high) }) : t("wait.unknown");
    const coming = typeof next === "number" && next > 0 ? t("wait.next", { time: clock(next) }) : "";
    const asked = waiting.on_duty ? t(`wait.${waiting.widened ?? "matching"}`) : "";
    return [expected, coming, waiting.widened === "alarm" ? t("wait.alarm") : asked].filter(Boolean).join(" ");
}
