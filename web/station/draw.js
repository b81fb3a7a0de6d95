/**
 * Puts the view of a station's page into the document. Owns: every element of the page except the call, the devices and the
 * content of forms. Must never decide what is shown: view.js does.
 */

/** @import {CallPage} from "../shared/call/callpage.js" */
/** @import {Text, View} from "./view.js" */

import { estimateText } from "../shared/call/view/cost.js";
import { find, icon, setText, showView, swapIcon } from "../shared/base/dom.js";
import { clock, say, t } from "../shared/base/i18n.js";
import { makeLink, showLink } from "../shared/call/view/links.js";

const link = makeLink();
find("[data-link-waiting]", HTMLElement).append(link);

/** @param {View} shown @param {CallPage} page */
export function draw(shown, page) {
    const { screen, call, urgency } = shown;
    showView(screen);
    setText(find("[data-place]", HTMLElement), shown.name);
    find("[data-action=request]", HTMLButtonElement).disabled = !shown.canRequest;
    if (!shown.isBeside) for (const box of ["case", "records"]) find(`[data-${box}]`, HTMLElement).replaceChildren();
    if (urgency) drawUrgency(urgency);
    drawWaiting(shown);
    for (const one of [link, page.link]) showLink(one, page.ownLink(shown.quality));
    find("[data-action=consent]", HTMLElement).hidden = !shown.canAgree;
    find(".waiting [data-action=withdraw]", HTMLElement).hidden = !shown.canWithdraw;
    find("[data-action=wake]", HTMLElement).hidden = !shown.canWake;
    const end = find("[data-action=end]", HTMLElement);
    say(find("span", HTMLElement, end), shown.endButton.key);
    swapIcon(end, shown.endButton.picture);
    if (call) page.callView.show(call, shown.selfId);
    else page.callView.hide();
    page.overlays.tick();
}

/** Shows how long the patient has waited; call every second. @param {View} shown */
export function drawWaited({ place }) {
    const seconds = place ? place.waiting_s + (performance.now() - place.atMs) / 1000 : 0;
    setText(find("[data-waited]", HTMLElement), t("waiting.waited", { time: clock(seconds) }));
}

/** @param {View} shown */
function drawWaiting(shown) {
    const { position, title, drawn, before, onDuty, expected } = shown.waiting;
    say(find("[data-waiting-title]", HTMLElement), title);
    setText(find("[data-position]", HTMLElement), position ? String(position) : "…");
    setText(find("[data-position-text]", HTMLElement), said(before));
    const picture = find("[data-queue-picture]", HTMLElement);
    if (picture.childElementCount !== drawn + 1) {
        const people = Array.from({ length: drawn }, (_, index) => icon("person", index === drawn - 1 ? "icon me" : "icon"));
        picture.replaceChildren(icon("doctor"), ...people);
    }
    setText(find("[data-on-duty]", HTMLElement), said(onDuty));
    // These texts arrive later than the others, and nothing waits for them.
    const areKnown = t("wait.unknown") !== "wait.unknown";
    setText(find("[data-outlook]", HTMLElement), areKnown ? expected.map(said).join(" ") : "");
    setText(find("[data-photo-text]", HTMLElement), shown.photo);
    drawWaited(shown);
    const estimate = estimateText(shown.quality);
    for (const line of document.querySelectorAll("[data-estimate]")) {
        if (line instanceof HTMLElement) line.hidden = !estimate;
        setText(find("span", HTMLElement, line), estimate);
    }
}

/** @param {string} urgency */
function drawUrgency(urgency) {
    const line = find("[data-urgency-now]", HTMLElement);
    line.className = `urgency-now urgency-${urgency}`;
    swapIcon(line, urgency);
    setText(find("span", HTMLElement, line), t(`urgency.${urgency}`));
}

/** @param {Text} text */
function said({ key, count = 0, clocks = {}, names = {} }) {
    const times = Object.entries(clocks).map(([name, seconds]) => [name, clock(seconds)]);
    return t(key, { count, ...names, ...Object.fromEntries(times) });
}
