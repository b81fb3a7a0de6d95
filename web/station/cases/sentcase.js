/**
 * Sending a case, so that it is there once. Owns: what is asked when this patient has an open case, and what is said when
 * the case had arrived already. Must never open a second case without somebody having said so.
 */

import { create } from "../../shared/requests/create.js";
import { icon, make } from "../../shared/base/dom.js";
import { button, said, when } from "../../shared/base/fields.js";
import { notice } from "../../shared/base/frame.js";
import { HttpError } from "../../shared/base/http.js";
import { currentLanguage, t } from "../../shared/base/i18n.js";

/**
 * What became of a case: `id` is the new one, or the one that `isOpen` already; null: nothing was opened.
 * @typedef {{id: string, isOpen: boolean} | null} Sent
 */
/**
 * That a case of the same patient is open. Where and since when: only of a case of this station that it may open now.
 * @typedef {{case_id: "" | string, station?: string, opened_at?: number}} Open
 */

/**
 * @param {object} intake
 * @param {string} key of the form
 * @returns {Promise<Sent>}
 * @throws {HttpError}
 */
export async function sendCase(intake, key) {
    try {
        return { id: (await create("/api/cases", intake, key)).id, isOpen: false };
    } catch (problem) {
        if (!(problem instanceof HttpError)) throw problem;
        if (problem.code === "sent_before") {
            // Its answer was lost, and something was corrected since.
            notice(t("case.sent.before"));
            return { id: problem.more.answer.id, isOpen: false };
        }
        if (problem.code !== "case_already_open") throw problem;
        const open = /** @type {Open} */ (problem.more);
        const choice = await askWhich(open);
        if (choice === "another") return sendCase({ ...intake, although_open: true }, key);
        return choice === "there" ? { id: open.case_id, isOpen: true } : null;
    }
}

/**
 * @param {Open} open
 * @returns {Promise<"there" | "another" | "">} Escape and the first button change nothing
 */
function askWhich({ case_id, station, opened_at }) {
    const dialog = make("dialog", { "aria-labelledby": "already-open" }, icon("people"),
        said("h2", case_id ? "case.already.title" : "case.already.somewhere"));
    if (case_id && station && opened_at) {
        const where = t("case.already.where", { station, time: when(opened_at, currentLanguage()) });
        dialog.append(make("p", {}, make("strong", {}, where)));
    }
    dialog.append(said("p", case_id ? "case.already.text" : "case.already.elsewhere"));
    const keep = button("case.already.keep", "button quiet", () => dialog.close());
    const choices = make("div", { class: "choices" }, keep);
    if (case_id) choices.append(button("case.already.go", "button", () => dialog.close("there")));
    choices.append(button("case.already.another", "button quiet", () => dialog.close("another")));
    dialog.querySelector("h2")?.setAttribute("id", "already-open");
    dialog.append(choices);
    document.body.append(dialog);
    return new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "there" || dialog.returnValue === "another" ? dialog.returnValue : "");
        });
        dialog.showModal();
        keep.focus();
    });
}
