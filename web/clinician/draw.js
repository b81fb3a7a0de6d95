/**
 * Puts the view of a clinician's page into the document. Owns: every element of the page except the call, the devices and
 * the panels. Must never decide what is shown: view.js does.
 */

/** @import {CallPage} from "../shared/call/callpage.js" */
/** @import {View} from "./view.js" */

import { find, setText, showView, swapIcon } from "../shared/base/dom.js";
import { say, t } from "../shared/base/i18n.js";
import { QueueList } from "./queue.js";

const queue = new QueueList();

/** @param {View} shown @param {CallPage} page */
export function draw(shown, page) {
    const { screen, call, onDuty, sound } = shown;
    showView(screen);
    setText(find("[data-name]", HTMLElement), shown.name);
    queue.set(shown.entries, shown.entriesAtMs);
    find("[data-queue]", HTMLElement).hidden = shown.isEmpty;
    const { key, count } = shown.announced;
    setText(find("[data-announce]", HTMLElement), key && t(key, { count }));
    find("[data-action=duty]", HTMLElement).setAttribute("aria-checked", String(onDuty));
    say(find("[data-duty-text]", HTMLElement), shown.dutyText);
    find("[data-empty]", HTMLElement).hidden = !shown.showsEmpty;
    say(find("[data-empty-text]", HTMLElement), shown.emptyText);
    for (const button of document.querySelectorAll("[data-action=accept]")) {
        if (button instanceof HTMLButtonElement) button.disabled = !shown.canAccept;
    }
    const news = find("[data-news]", HTMLElement);
    news.hidden = !shown.news;
    setText(news, t("queue.news", { number: shown.news }));
    const bell = find("[data-action=sound]", HTMLElement);
    bell.setAttribute("aria-pressed", String(sound));
    swapIcon(bell, shown.rings ? "bell" : "bell-off");
    find("[data-action=ring]", HTMLElement).hidden = !shown.asksForTouch;
    find("[data-link-own]", HTMLElement).hidden = !onDuty;
    drawOwed(shown.owed);
    document.title = `${shown.mark}${shown.titleText ? `${t(shown.titleText)} · ` : ""}Kɛnɛya`;
    find("[data-action=leave]", HTMLElement).hidden = !shown.canLeave;
    if (call) page.callView.show(call, shown.selfId);
    else page.callView.hide();
    page.overlays.tick();
}

/** @param {View["owed"]} owed */
function drawOwed(owed) {
    find("[data-owed]", HTMLElement).hidden = owed.length === 0;
    if (owed.length) void import("./owed.js").then((list) => list.drawOwed(owed));
}

/** Waiting times go on: again every second. */
export function drawTimes() {
    queue.tick();
}
