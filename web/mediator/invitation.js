/**
 * An invitation, and the pledge that comes with accepting it. Owns: the card. Must never send an acceptance without the
 * name and version of the text that was read, and the language in which it was read.
 */

/** @import {Invitation} from "../shared/signaling/messages.js" */

import { icon, make } from "../shared/base/dom.js";
import { button, said } from "../shared/base/fields.js";
import { notice } from "../shared/base/frame.js";
import { currentLanguage, errorText, LANGUAGES, OWN_NAMES, t } from "../shared/base/i18n.js";
import { joined } from "../shared/base/isolate.js";

/** @typedef {{title: string, points: [string, string][], question: string}} Words */
/** @typedef {{accept: boolean, pledge?: string, language?: string}} Answer */

// The newest version; older files stay, because older pledges name them.
const PLEDGE = "pledge-1";

/**
 * @param {Invitation} one @param {(answer: Answer) => void} answered
 * @returns {HTMLElement}
 */
export function invitationCard(one, answered) {
    const who = one.discreet ? t("mediator.asked.discreet") : joined(one.asked_by, one.site);
    const language = one.language ? t("mediator.asked.language", { language: t(`spoken.${one.language}`) }) : "";
    const pledge = make("div");
    const accept = button("mediator.accept", "button", () => answered({ accept: true, pledge: PLEDGE, language: spoken.value }));
    accept.disabled = true;
    const spoken = make("select", { "aria-label": t("mediator.language") }, ...LANGUAGES.map((value) => make("option", { value, lang: value }, OWN_NAMES[value])));
    spoken.value = currentLanguage();
    const draw = async () => {
        try {
            const words = (await textOf())[spoken.value];
            if (!words) return;
            pledge.replaceChildren(make("h2", { lang: spoken.value }, words.title), make("ul", { class: "pledge", lang: spoken.value },
                ...words.points.map(([picture, text]) => make("li", {}, icon(picture), make("span", {}, text)))));
            accept.disabled = false;
        } catch {
            notice(errorText("server_away"));
        }
    };
    spoken.addEventListener("change", () => void draw());
    void draw();
    return make("article", { class: "card", "data-invitation": one.invitation_id }, said("h1", "mediator.asked"),
        make("p", {}, icon(one.discreet ? "key" : "station"), " ", who), make("p", {}, language), spoken, pledge,
        make("div", { class: "choices" }, accept, button("mediator.decline", "button quiet", () => answered({ accept: false }))));
}

/** @returns {Promise<Record<string, Words>>} by language */
async function textOf() {
    const response = await fetch(new URL(`./pledges/${PLEDGE}.json`, import.meta.url));
    if (!response.ok) throw new Error(`pledge: ${response.status}`);
    return response.json();
}
