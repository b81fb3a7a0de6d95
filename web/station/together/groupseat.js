/**
 * Takes a seat in a group session: the code, a pseudonym, the participant's agreement, the lobby. Owns: these steps. Must
 * never ask for a real name.
 */

import { create } from "../../shared/requests/create.js";
import { icon, make, setText } from "../../shared/base/dom.js";
import { button, field, said, style } from "../../shared/base/fields.js";
import { codeOf } from "../../shared/base/http.js";
import { alsoSay, errorText } from "../../shared/base/i18n.js";
import { askConsent } from "../cases/consent.js";

const STYLE = new URL("../../shared/cases/cases.css", import.meta.url).pathname;

/** @typedef {{seatId: string, code: string, pseudonym: string}} Seat */

/**
 * @param {HTMLElement} box emptied and filled
 * @param {Seat | null} known a seat that was just refused: its participant has agreed, and types nothing again
 * @returns {Promise<Seat | null>} null: given up
 */
export async function askSeat(box, known) {
    style(STYLE);
    await Promise.all([alsoSay("cases"), alsoSay("together")]);
    const chosen = await form(box, known);
    if (!chosen || known) return chosen;
    const agreed = await askConsent(box, { caseId: chosen.seatId, subject: "group" });
    return agreed ? chosen : null;
}

/** Shows that the participant waits for the host. @param {HTMLElement} box @param {() => void} leave */
export async function showLobby(box, leave) {
    style(STYLE);
    await Promise.all([alsoSay("cases"), alsoSay("together")]);
    if (box.querySelector("[data-lobby]")) return;
    box.replaceChildren(make("div", { class: "case-view", "data-lobby": "" }, said("h1", "group.lobby"), said("p", "group.lobby.text"),
        button("group.leave", "button quiet", leave)));
}

/** @param {HTMLElement} box @param {Seat | null} known @returns {Promise<Seat | null>} */
function form(box, known) {
    return new Promise((resolve) => {
        const error = make("p", { class: "error-text", role: "alert" });
        const code = make("input", { name: "group_code", class: "code", required: "", maxlength: "12", minlength: "4", autocomplete: "off", autocapitalize: "characters", spellcheck: "false" });
        const name = make("input", { name: "pseudonym", maxlength: "20", autocomplete: "off" });
        const submit = make("button", { class: "button" }, icon("people"), said("span", "group.ask"));
        const element = make("form", { class: "card", novalidate: "", "data-form": "group" },
            field("group.code", code), field("group.pseudonym", name, "group.pseudonym.text"), error, submit);
        const title = said("h1", "group.join");
        title.tabIndex = -1;
        title.dataset.heading = "";
        const head = make("div", { class: "case-head" }, title, button("case.back", "button quiet", () => resolve(null)));
        code.value = known?.code ?? "";
        name.value = known?.pseudonym ?? "";
        element.addEventListener("submit", (event) => {
            event.preventDefault();
            const wanted = { code: code.value.trim(), pseudonym: name.value.trim() };
            if (!wanted.code) {
                code.focus();
                return;
            }
            if (known) return resolve({ seatId: known.seatId, ...wanted });
            submit.disabled = true;
            // A wrong code and a taken name are told before anybody is read anything.
            create("/api/groups/seats", wanted).then(
                ({ id }) => resolve({ seatId: id, ...wanted }),
                (problem) => {
                    submit.disabled = false;
                    setText(error, errorText(codeOf(problem)));
                    (codeOf(problem) === "pseudonym_taken" ? name : code).focus();
                },
            );
        });
        box.replaceChildren(make("div", { class: "case-view" }, head, element));
        title.focus();
    });
}
