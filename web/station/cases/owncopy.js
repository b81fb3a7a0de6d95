/**
 * The patient's own copy: everything that is held on a case, as a file that the nurse hands over. Owns: the two buttons and
 * the question before. Must never keep the file: the browser saves it where the nurse says.
 */

import { icon, make, setText } from "../../shared/base/dom.js";
import { button, said } from "../../shared/base/fields.js";
import { confirm } from "../../shared/base/frame.js";
import { codeOf, HttpError, ownHeaders, tookChallenge } from "../../shared/base/http.js";
import { errorText } from "../../shared/base/i18n.js";

// The browser has asked where to save it, and has saved it.
const SAVED_WITHIN_MS = 60_000;

/** The files there are, and the words on their buttons. */
const FORMS = /** @type {const} */ (["pdf", "json"]);

/**
 * @param {string} caseId @param {() => string} language of the sheet
 * @returns {HTMLElement}
 */
export function ownCopy(caseId, language) {
    const error = make("p", { class: "error-text", role: "alert" });
    const buttons = FORMS.map((form) => {
        const press = button(`copy.${form}`, "button quiet", () => void save(form));
        press.prepend(icon("person"));
        return press;
    });
    const save = async (/** @type {string} */ form) => {
        setText(error, "");
        // Whoever finds the file reads everything: a companion, or who shares the telephone.
        if (!(await confirm({ title: "copy.title", text: "copy.warning", yes: "copy.yes", no: "case.back", icon: "person" }))) return;
        try {
            const file = await fetched(`/api/cases/${caseId}/copy`, { form, language: language() });
            const link = make("a", { href: URL.createObjectURL(file), download: `keneya-${caseId}.${form}` });
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), SAVED_WITHIN_MS);
        } catch (problem) {
            setText(error, errorText(codeOf(problem, "server_away")));
        }
    };
    return make("section", { class: "card unprinted", "data-copy": "" }, said("h2", "copy.title"), said("p", "copy.text"),
        make("div", { class: "side-by-side" }, ...buttons), error);
}

/** @param {string} path @param {object} body sent as JSON @returns {Promise<Blob>} @throws {HttpError} */
async function fetched(path, body) {
    let response = await post(path, body);
    if (tookChallenge(response)) response = await post(path, body);
    if (!response.ok) {
        const refusal = await response.json().catch(() => ({}));
        throw new HttpError(response.status, refusal.code ?? "error");
    }
    return response.blob();
}

/** @param {string} path @param {object} body @returns {Promise<Response>} */
async function post(path, body) {
    const headers = { ...(await ownHeaders("POST", path)), "Content-Type": "application/json" };
    try {
        return await fetch(path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
    } catch {
        throw new HttpError(0, "server_away");
    }
}
