/**
 * The line above every section that warns a coordinator when an urgent case has waited too long. Owns: polling for it, and
 * the line. Must never tell cases apart: nothing else is known here of a survivor-safe one, so all read alike.
 */

import { icon, make, setText } from "../shared/base/dom.js";
import { call, HttpError } from "../shared/base/http.js";
import { onLanguage, t } from "../shared/base/i18n.js";
import { longestMinutes } from "./sections/waiting.js";

// An alarm is raised after five minutes; fifteen seconds more make no difference.
const EVERY_MS = 15_000;

/** @param {HTMLElement} beside the line comes before this @returns {() => void} to stop */
export function watchAlarms(beside) {
    const words = make("strong");
    const line = make("p", { class: "card alarm", hidden: "" }, icon("bell"), words);
    // Read out when the alarm begins, not with every minute that passes.
    const spoken = make("p", { class: "hidden-text", role: "alert" });
    beside.before(line, spoken);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let stopped = false;
    /** @type {number | null} */
    let minutes = null;
    const show = () => {
        line.hidden = minutes === null;
        setText(words, minutes === null ? "" : t("waiting_room.urgent", { count: minutes }));
    };
    onLanguage(show);
    const look = async () => {
        try {
            minutes = longestMinutes(await call("GET", "/api/waiting"));
            if (stopped) return;
            show();
            if (minutes === null || !spoken.textContent) setText(spoken, words.textContent ?? "");
        } catch (problem) {
            // The next action tells a person who is signed out; a server that is away is asked again.
            if (!(problem instanceof HttpError)) throw problem;
        }
        if (!stopped) timer = setTimeout(() => void look(), EVERY_MS);
    };
    void look();
    return () => {
        stopped = true;
        clearTimeout(timer);
        line.remove();
        spoken.remove();
    };
}
