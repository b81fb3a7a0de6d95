/**
 * The line above every section that warns a coordinator when an urgent case has waited too long. Owns: polling, and the
 * line. Must never distinguish cases: of a survivor-safe case nothing else is known here, so all have the same text.
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
    // Screen readers read this when the alarm begins, not every minute.
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
            // Poll again: a person who is signed out notices at the next action, and a server may come back.
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
