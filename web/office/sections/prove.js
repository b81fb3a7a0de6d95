/**
 * Asks for the password again before a sensitive act. Owns: the question. Must never keep what was typed.
 */

import { icon, make, setText } from "../../shared/base/dom.js";
import { call, codeOf, HttpError } from "../../shared/base/http.js";
import { errorText, say } from "../../shared/base/i18n.js";

/**
 * Does an act; if the server requires a fresh proof, asks for the password and does the act again.
 * @template T
 * @param {() => Promise<T>} act @returns {Promise<T | null>} null: the person closed the question
 * @throws {HttpError} for any other refusal of the server
 */
export async function proven(act) {
    try {
        return await act();
    } catch (problem) {
        if (!(problem instanceof HttpError) || problem.code !== "prove_again") throw problem;
    }
    return (await asked()) ? act() : null;
}

/** @returns {Promise<boolean>} */
function asked() {
    const title = make("h2", { id: "prove-title" });
    const text = make("label", { for: "prove-password" });
    const input = make("input", { id: "prove-password", type: "password", required: "", maxlength: "256", autocomplete: "current-password",
        "aria-describedby": "prove-error" });
    const error = make("p", { class: "error-text", role: "alert", id: "prove-error" });
    const stop = make("button", { type: "button", class: "button quiet" });
    const go = make("button", { type: "submit", class: "button" });
    const form = make("form", { novalidate: "" }, make("div", { class: "field" }, text, input), error, make("div", { class: "choices" }, stop, go));
    const dialog = make("dialog", { "aria-labelledby": "prove-title" }, icon("key"), title, form);
    say(title, "prove.title");
    say(text, "prove.text");
    say(stop, "prove.no");
    say(go, "prove.yes");
    document.body.append(dialog);
    return new Promise((resolve) => {
        stop.addEventListener("click", () => dialog.close());
        form.addEventListener("submit", async (event) => {
            event.preventDefault();
            go.disabled = true;
            try {
                await call("POST", "/api/session/proof", { password: input.value });
                dialog.close("yes");
            } catch (problem) {
                setText(error, errorText(codeOf(problem)));
                input.select();
            } finally {
                go.disabled = false;
            }
        });
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "yes");
        });
        dialog.showModal();
    });
}
