/**
 * One's own account: where one is signed in, signing out there, the second factors, and another password. Owns: this section.
 */

import { icon, make } from "../../shared/base/dom.js";
import { notice } from "../../shared/base/frame.js";
import { call, HttpError } from "../../shared/base/http.js";
import { t } from "../../shared/base/i18n.js";
import { secondFactors } from "./factors.js";
import { button, field, form, heading, said, tried, when } from "./parts.js";

/** @typedef {{session_id: string, device: string, created_at: number, last_seen_at: number, here: boolean}} SessionLine */

/** @param {HTMLElement} box */
export async function open(box) {
    const list = make("ul", { class: "lines" });
    const everywhere = button("own.everywhere", "leave", () => void tried(async () => {
        await call("DELETE", "/api/sessions");
        location.reload();
    }), "button danger");
    const secret = { type: "password", required: "", maxlength: "256" };
    const password = form("password", [
        said("h2", "own.password"),
        field("own.password.current", "current", { ...secret, autocomplete: "current-password" }),
        field("step.password.new", "new", { ...secret, autocomplete: "new-password" }),
        field("step.password.again", "again", { ...secret, autocomplete: "new-password" }),
        said("p", "step.password.text", { class: "soft" }),
    ], "own.password.submit", async (data, sent) => {
        if (data.get("new") !== data.get("again")) throw new HttpError(422, "password_differs");
        await call("POST", "/api/session/password", { password: data.get("new"), current: data.get("current") });
        sent.reset();
        notice(t("own.password.done"));
        await fill(list);
    });
    box.append(heading("office.own"), said("h2", "own.sessions"), list, everywhere, await secondFactors(), password);
    await fill(list);
}

/** @param {HTMLElement} list */
async function fill(list) {
    /** @type {SessionLine[]} */
    const sessions = await call("GET", "/api/sessions");
    list.replaceChildren(...sessions.map((one) => line(one, list)));
}

/** @param {SessionLine} one @param {HTMLElement} list @returns {HTMLElement} */
function line(one, list) {
    const seen = make("span", { class: "soft" }, t("own.seen", { when: when(one.last_seen_at) }));
    const what = make("div", { class: "what" }, make("strong", {}, one.device || t("own.unknown")), seen);
    const row = make("li", { class: "card line" }, icon("windows"), what);
    if (one.here) what.append(said("span", "own.here"));
    else {
        row.append(make("div", { class: "acts" }, button("own.end", "leave", () => void tried(async () => {
            await call("DELETE", `/api/sessions/${one.session_id}`);
            await fill(list);
        }))));
    }
    return row;
}
