/**
 * Sending a case, so that it is there once and as it was sent last. Owns: the key of the form, what is asked when this
 * patient has an open case, and that a case whose answer was lost goes when it was corrected since: it may be
 * survivor-safe now, or red. Must never open a second case without somebody having said so, nor go on with a case that is
 * not what the form says.
 */

import { create, newKey, takeBack } from "../../shared/requests/create.js";
import { icon, make } from "../../shared/base/dom.js";
import { button, said, when } from "../../shared/base/fields.js";
import { confirm } from "../../shared/base/frame.js";
import { HttpError, isRefused } from "../../shared/base/http.js";
import { currentLanguage, t } from "../../shared/base/i18n.js";

/**
 * What became of a case: `id` is the new one, or the one that `isOpen` already; null: nothing was opened.
 * @typedef {{id: string, isOpen: boolean} | null} Sent
 */
/**
 * That a case of the same patient is open. Where and since when: only of a case of this station that it may open now.
 * @typedef {{case_id: "" | string, station?: string, opened_at?: number}} Open
 */

const REMAINS = { title: "case.remains.title", text: "case.remains.text", yes: "case.remains.go", no: "case.already.keep", icon: "people" };

/** The case of one form, on its way: sent again it is the same, and corrected it replaces what was sent before. */
export class SentCase {
    #key = newKey();
    /** What may have arrived with this key, as it was sent. @type {Set<string>} */
    #perhaps = new Set();
    /** What was sent with this key is not wanted any more; the server has not answered that yet. */
    #isUnwanted = false;
    /** An earlier version of this case could not be taken back. */
    #isSecond = false;

    /**
     * @param {object} intake
     * @returns {Promise<Sent>}
     * @throws {HttpError}
     */
    async send(intake) {
        const written = JSON.stringify(intake);
        if ([...this.#perhaps].some((one) => one !== written)) this.#isUnwanted = true;
        if (this.#isUnwanted && !(await this.#replaced())) return null;
        try {
            return await this.#open(this.#isSecond ? { ...intake, although_open: true } : intake, written);
        } catch (problem) {
            if (!(problem instanceof HttpError) || problem.code !== "case_already_open") throw problem;
            const open = /** @type {Open} */ (problem.more);
            const choice = await askWhich(open);
            if (choice === "another") return this.#open({ ...intake, although_open: true }, written);
            return choice === "there" ? { id: open.case_id, isOpen: true } : null;
        }
    }

    /** @param {object} body @param {string} written the same, without what is said beside the form @returns {Promise<Sent>} */
    async #open(body, written) {
        const isNew = !this.#perhaps.has(written);
        this.#perhaps.add(written);
        try {
            return { id: (await create("/api/cases", body, this.#key)).id, isOpen: false };
        } catch (problem) {
            if (!(problem instanceof HttpError)) throw problem;
            // All that was sent with this key says what the form says.
            if (problem.code === "sent_before") return { id: problem.more.answer.id, isOpen: false };
            if (isNew && isRefused(problem)) this.#perhaps.delete(written);
            throw problem;
        }
    }

    /** Takes back what was sent before. @returns {Promise<boolean>} false: it stays, and nobody wants a second case beside it */
    async #replaced() {
        const { remains } = await takeBack(this.#key);
        this.#key = newKey();
        this.#perhaps.clear();
        this.#isUnwanted = false;
        if (!remains) return true;
        this.#isSecond = true;
        return confirm(REMAINS);
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
