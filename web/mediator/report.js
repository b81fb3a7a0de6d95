/**
 * The record that a mediator writes: time, language, obstacles. Owns: the form. Must never have a field for free text.
 */

import { SPOKEN } from "../shared/cases/caselists.js";
import { create } from "../shared/requests/create.js";
import { icon, make, setText } from "../shared/base/dom.js";
import { choice, field, said, tick, wrongField } from "../shared/base/fields.js";
import { codeOf } from "../shared/base/http.js";
import { errorText } from "../shared/base/i18n.js";

const BLOCKAGES = ["transport", "cost", "refusal", "no_drug", "no_document", "language", "other"];
const MINUTES_MAX = 24 * 60;

/**
 * @param {{id: string, minutes: number, language: string}} owed @param {() => void} sent
 * @returns {HTMLElement}
 */
export function reportForm(owed, sent) {
    const minutes = make("input", { name: "minutes", type: "number", min: "0", max: String(MINUTES_MAX), required: "", inputmode: "numeric", value: String(owed.minutes) });
    const language = choice("language", SPOKEN, "spoken", "mediator.language.choose");
    language.value = owed.language; // the patient's, if the station wrote it down; otherwise the mediator chooses
    const error = make("p", { class: "error-text", role: "alert" });
    const legend = said("legend", "mediator.blockages");
    const boxes = make("fieldset", { class: "group" }, legend, ...BLOCKAGES.map((one) => tick("blockages", one, `blockage.${one}`)));
    const submit = make("button", { class: "button" }, icon("check"), said("span", "mediator.send"));
    const form = make("form", { class: "card", novalidate: "", "data-form": "report" }, said("h1", "mediator.report"), said("p", "mediator.report.text"),
        field("mediator.minutes", minutes), field("mediator.language", language), boxes, error, submit);
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const wrong = wrongField(form);
        if (wrong) {
            wrong.control.focus();
            setText(error, wrong.text);
            return;
        }
        if (!language.value) {
            language.focus();
            setText(error, errorText("language_missing"));
            return;
        }
        submit.disabled = true;
        try {
            const blockages = new FormData(form).getAll("blockages").map(String);
            await create(`/api/mediations/${owed.id}/report`, { language: language.value, minutes: Math.round(Number(minutes.value)), blockages });
            sent();
        } catch (problem) {
            setText(error, errorText(codeOf(problem)));
        } finally {
            submit.disabled = false;
        }
    });
    return form;
}
