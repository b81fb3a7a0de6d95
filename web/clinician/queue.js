/**
 * The list of waiting consultations. Owns: one list element for each consultation, kept while it waits, so that a press or
 * the focus never lands on another patient than intended. Must never send anything.
 */

/** @import {QueueEntry} from "../shared/signaling/messages.js" */

import { estimateText } from "../shared/call/view/cost.js";
import { find, icon, make, setText, swapIcon } from "../shared/base/dom.js";
import { alsoSay, clock, say, t } from "../shared/base/i18n.js";
import { joined } from "../shared/base/isolate.js";
import { makeLink, showLink } from "../shared/call/view/links.js";

/** @typedef {{element: HTMLLIElement, entry: QueueEntry, atMs: number, waited: HTMLElement, link: HTMLElement}} Case */

export class QueueList {
    /** @type {Map<string, Case>} */
    #cases = new Map();

    list = find("[data-queue]", HTMLOListElement);

    /** What is said of a station that cannot call. @type {Promise<void> | null} */
    #words = null;

    /** @param {QueueEntry[]} entries in the server's order @param {number} atMs when they arrived */
    set(entries, atMs) {
        for (const [id, { element }] of this.#cases) {
            if (entries.some((entry) => entry.consultation_id === id)) continue;
            element.remove();
            this.#cases.delete(id);
        }
        entries.forEach((entry, index) => this.#place(entry, index, atMs));
        this.tick();
    }

    /** Updates the waiting times between messages; call once a second. */
    tick() {
        for (const { element, entry, atMs, waited } of this.#cases.values()) {
            setText(find(".case-estimate", HTMLElement, element), estimateText(entry.link));
            setText(waited, t("queue.waiting", { time: clock(entry.waiting_s + (performance.now() - atMs) / 1000) }));
        }
    }

    #sayBlocked() {
        this.#words ??= alsoSay("faults").then(() => {
            for (const one of this.#cases.values()) fillCase(one);
        });
        this.#words.catch(() => (this.#words = null)); // the link is away: the short word stands there
    }

    /** @param {QueueEntry} entry @param {number} index @param {number} atMs */
    #place(entry, index, atMs) {
        const known = this.#cases.get(entry.consultation_id) ?? makeCase(entry);
        known.entry = entry;
        known.atMs = atMs;
        this.#cases.set(entry.consultation_id, known);
        fillCase(known);
        if (entry.link.blocked) this.#sayBlocked();
        if (this.list.children[index] !== known.element) this.list.insertBefore(known.element, this.list.children[index] ?? null);
    }
}

/** @param {QueueEntry} entry @returns {Case} */
function makeCase(entry) {
    const waited = make("span");
    const link = makeLink();
    const look = make("button", { type: "button", class: "button quiet", "data-action": "case" }, icon("detail"), make("span", { "data-i18n": "queue.case" }, t("queue.case")));
    const accept = make("button", { type: "button", class: "button", "data-action": "accept" }, icon("call"), make("span", { "data-i18n": "queue.accept" }, t("queue.accept")));
    const urgency = make("span", { class: "case-urgency" });
    const element = make("li", { "data-consultation": entry.consultation_id }, icon(entry.urgency),
        make("div", { class: "case-text" }, make("p", { class: "case-where" }),
            make("div", { class: "case-facts" }, urgency, make("span", {}, icon("clock"), waited), link), make("p", { class: "case-estimate" })),
        make("div", { class: "case-actions" }, look, accept), make("p", { class: "case-reason" }), make("p", { class: "case-wish" }));
    return { element, entry, atMs: 0, waited, link };
}

/** What to know before accepting; "": nothing. @param {QueueEntry} entry */
function noteText(entry) {
    const blocked = entry.link.blocked ? t("blocked.queue") : "";
    return [blocked === "blocked.queue" ? t("link.blocked") : blocked, wishText(entry)].filter(Boolean).join(" ");
}

/** @param {QueueEntry} entry */
function wishText({ discreet, handed_over_by: name, asks_for_you, suits }) {
    if (discreet) return t("queue.discreet");
    if (name) return t(asks_for_you ? "queue.handed_to_you" : "queue.handed", { name });
    if (asks_for_you) return t("queue.asks_for_you");
    return suits === false ? t("queue.unsuited") : "";
}

/** @param {Case} one */
function fillCase({ element, entry, link }) {
    element.className = `card case urgency-${entry.urgency}`;
    swapIcon(element, entry.urgency);
    const where = joined(...new Set([entry.site, entry.station]));
    setText(find(".case-where", HTMLElement, element), where);
    say(find(".case-urgency", HTMLElement, element), `urgency.${entry.urgency}`);
    const reason = find(".case-reason", HTMLElement, element);
    setText(reason, entry.reason);
    reason.hidden = !entry.reason;
    const wish = find(".case-wish", HTMLElement, element);
    setText(wish, noteText(entry));
    wish.hidden = !wish.textContent;
    showLink(link, entry.link);
    find("[data-action=case]", HTMLElement, element).setAttribute("aria-description", where);
    find("[data-action=accept]", HTMLElement, element).setAttribute("aria-description", where);
}
