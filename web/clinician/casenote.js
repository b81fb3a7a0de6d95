/**
 * A case beside the queue or the call: read it, see photos, answer, hand over, refer. Owns: the panel and what is typed in
 * it. Must never keep a case after the panel is closed, nor discard an unsaved text without asking.
 */

/** @import {CaseView} from "../shared/cases/casesheet.js" */

import { agreements } from "../shared/cases/agreements.js";
import { GRAVE, SERVICES, SPECIALTIES } from "../shared/cases/caselists.js";
import { focusHeading, photos, sheet, wordsIn } from "../shared/cases/casesheet.js";
import { create } from "../shared/requests/create.js";
import { icon, make, setText } from "../shared/base/dom.js";
import { button, field, said, style, when } from "../shared/base/fields.js";
import { confirm, notice } from "../shared/base/frame.js";
import { call, codeOf } from "../shared/base/http.js";
import { alsoSay, currentLanguage, errorText, say, t } from "../shared/base/i18n.js";
import { sidePanel } from "../shared/base/sidepanel.js";
import { joined } from "../shared/base/isolate.js";

const STYLE = new URL("../shared/cases/cases.css", import.meta.url).pathname;
const LETTER_ROWS = "4";
// The prefix of a choice that is a colleague; the rest of the choice is the id.
const COLLEAGUE = "clinician:";

/** The one panel of the page. */
class Panel {
    /** @type {HTMLElement | null} */
    #element = null;
    #unsaved = false;

    /** @param {HTMLElement} content */
    show(content) {
        this.#element?.remove();
        this.#element = sidePanel("data-case-panel", "queue.case", () => void this.close(), content);
        this.#element.addEventListener("input", () => (this.#unsaved = true));
        document.body.append(this.#element);
        this.#unsaved = false;
        focusHeading(this.#element);
    }

    /** Whether the case is survivor-safe. @type {boolean} */
    isDiscreet = false;

    /** Removes a survivor-safe case from the screen when its call is over; only an unsaved note stays. */
    callEnded() {
        if (!this.#element || !this.isDiscreet) return;
        if (!this.#unsaved) {
            this.#element.remove();
            this.#element = null;
            return;
        }
        for (const part of this.#element.querySelectorAll(".case-view > :not([data-form=note])")) part.remove();
    }

    saved() {
        this.#unsaved = false;
    }

    /** @returns {Promise<boolean>} whether it is closed */
    async close() {
        const words = { title: "note.close", text: "note.saving", yes: "note.close", no: "case.back", icon: "cross" };
        if (this.#unsaved && !(await confirm(words))) return false;
        this.#element?.remove();
        this.#element = null;
        return true;
    }
}

const panel = new Panel();
/** @type {() => void} */
let noted = () => undefined;

/** @param {() => void} listener hears that an answer was written */
export function onNoted(listener) {
    noted = listener;
}

/**
 * @typedef {(handing: {id: string, to: string} | null) => void} Handing called before a case is handed over; null: that failed
 */

/** Opens the panel with one case. @param {string} caseId @param {Handing} [handing] */
export async function openCase(caseId, handing = () => undefined) {
    await ready();
    if (!(await panel.close())) return;
    await told(async () => {
        /** @type {CaseView} */
        const one = await call("GET", `/api/cases/${caseId}`);
        const language = currentLanguage();
        const content = make("div", { class: "case-view" }, outcomes(one), sheet(one, await wordsIn(language), language), wishes(one), photos(one), earlierNotes(one));
        if (one.part === "clinician") content.append(noteForm(one), ...(inCharge(one) ? [await transferForm(one, handing)] : []), referralForm(one), await agreements(caseId));
        const previous = one.previous_id;
        if (previous) content.prepend(button("note.earlier", "button quiet", () => void openCase(previous)));
        panel.show(content);
        panel.isDiscreet = one.kind === "survivor_safe";
    });
}

/** The call is over for this clinician. */
export function callEnded() {
    panel.callEnded();
}

/**
 * Opens the panel with the cases of this clinician.
 * @param {(caseId: string) => void} [read] called with the case that is opened
 */
export async function openMine(read = () => undefined) {
    await ready();
    if (!(await panel.close())) return;
    await told(async () => {
        const mine = await call("GET", "/api/cases");
        const lines = make("ul", { class: "case-lines" });
        for (const line of mine) {
            const what = line.reason_code ? t(`reason.${line.reason_code}`) : t("reason.other");
            const state = line.outcome ? t(`outcome.${line.outcome}`) : t(line.answered ? "cases.answered" : "cases.unanswered");
            const open = button("cases.open", "button quiet", () => {
                read(line.id);
                void openCase(line.id);
            });
            open.setAttribute("aria-description", `${line.site} ${what}`);
            const told = line.outcome_at ? ` (${when(line.outcome_at, currentLanguage())})` : "";
            lines.append(make("li", { class: classOf(line.outcome) }, icon(line.urgency, `icon urgency-${line.urgency}`),
                make("div", {}, make("strong", {}, joined(line.site, what)), make("small", {}, `${when(line.opened_at, currentLanguage())} · ${state}${told}`)), open));
        }
        if (!mine.length) lines.append(said("li", "cases.none"));
        panel.show(make("div", { class: "case-view" }, said("h2", "note.mine"), lines));
        panel.isDiscreet = false;
    });
}

/** The class that marks an outcome, and a grave one in another way. @param {string} outcome */
function classOf(outcome) {
    if (!outcome) return "card";
    return GRAVE.includes(outcome) ? "card news grave" : "card news";
}

/** @param {CaseView} one */
function inCharge({ state }) {
    return state === "accepted" || state === "in_call" || state === "interrupted";
}

/** The outcomes that the station reported: the first thing to read. @param {CaseView} one */
function outcomes(one) {
    const box = make("section", { class: "card news", "data-outcomes": "" }, said("h2", "note.outcome"));
    for (const { outcome, words, reported_at } of one.outcomes) {
        box.append(make("p", {}, make("strong", {}, t(`outcome.${outcome}`)), ` ${words} `, make("span", { class: "soft" }, when(reported_at, currentLanguage()))));
    }
    box.hidden = one.outcomes.length === 0;
    return box;
}

/** What a clinician must know before the call, and the patient's sheet does not contain. @param {CaseView} one */
function wishes(one) {
    const parts = [one.language && t(`spoken.${one.language}`), one.gender_wish && `${t("case.gender")}\u00a0: ${t(`gender.${one.gender_wish}`)}`,
        one.mediator_wanted && t("note.mediator_wanted"), one.icd11 && `ICD-11 ${one.icd11}`].filter(Boolean);
    return make("p", { "data-wishes": "", ...(parts.length ? {} : { hidden: "" }) }, make("strong", {}, `${t("note.wishes")}\u00a0:`), ` ${parts.join(" · ")}`);
}

/** The notes written before. @param {CaseView} one */
function earlierNotes(one) {
    const box = make("div", { class: "sheet" });
    for (const { clinician, note, written_at } of one.notes.filter(({ note: text }) => text)) {
        box.append(make("p", { class: "soft" }, joined(clinician, when(written_at, currentLanguage()))), make("p", { class: "words" }, note ?? ""));
    }
    return box;
}

/** @param {CaseView} one */
function noteForm(one) {
    const answer = make("textarea", { name: "answer", rows: LETTER_ROWS, maxlength: "4000" });
    const advice = make("textarea", { name: "advice", rows: LETTER_ROWS, maxlength: "4000" });
    const note = make("textarea", { name: "note", rows: "2", maxlength: "4000" });
    const latest = one.notes.at(-1);
    // A correction is a new note, so the form begins with the text of the last note.
    answer.value = latest?.answer ?? "";
    advice.value = latest?.advice ?? "";
    const save = make("button", { class: "button", "data-action": "save-note" }, icon("check"), said("span", "note.save"));
    const form = make("form", { class: "case-view", novalidate: "", "data-form": "note" }, field("note.answer", answer), field("note.advice", advice), field("note.note", note), save);
    onSubmit(form, save, async () => {
        await create(`/api/cases/${one.id}/notes`, { answer: answer.value, advice: advice.value, note: note.value });
        note.value = "";
        panel.saved();
        notice(t("note.saved"));
        noted();
    });
    return form;
}

/**
 * The form to hand over to a specialty, or to one colleague, who is asked first.
 * @param {CaseView} one @param {Handing} handing
 */
async function transferForm(one, handing) {
    /** @type {{names: Record<string, string>}} */
    const { names } = await call("GET", "/api/roster");
    const colleagues = Object.entries(names).filter(([, name]) => name !== one.clinician)
        .map(([id, name]) => make("option", { value: COLLEAGUE + id }, name));
    const to = make("select", { name: "specialty" },
        make("optgroup", { label: t("note.specialty") }, ...options(SPECIALTIES, "specialty")),
        make("optgroup", { label: t("note.colleague") }, ...colleagues));
    const go = make("button", { class: "button quiet" }, said("span", "note.transfer.go"));
    const form = make("form", { class: "card case-view", novalidate: "", "data-form": "transfer" }, said("h2", "note.transfer"),
        said("p", "note.transfer.text", "soft"), make("div", { class: "side-by-side" }, field("note.refer.to", to), go));
    onSubmit(form, go, async () => {
        const colleague = to.value.startsWith(COLLEAGUE) ? to.value.slice(COLLEAGUE.length) : null;
        // The call ends before the answer arrives, and the page must then say why.
        handing({ id: one.id, to: to.selectedOptions[0]?.textContent ?? "" });
        try {
            await create(`/api/cases/${one.id}/transfer`, colleague ? { clinician_id: colleague } : { specialty: to.value });
        } catch (problem) {
            handing(null);
            throw problem;
        }
        panel.saved();
        await panel.close();
    });
    return form;
}

/** @param {CaseView} one */
function referralForm(one) {
    const to = make("select", { name: "recipient" }, ...options(SPECIALTIES, "specialty"), ...options(SERVICES, "recipient"));
    const letter = make("textarea", { name: "letter", rows: LETTER_ROWS, maxlength: "4000" });
    const go = make("button", { class: "button quiet" }, said("span", "note.refer.go"));
    const form = make("form", { class: "card case-view", novalidate: "", "data-form": "referral" }, said("h2", "note.refer"),
        said("p", "note.refer.text", "soft"), field("note.refer.to", to), field("note.refer.letter", letter), go);
    onSubmit(form, go, async () => {
        await create(`/api/cases/${one.id}/referrals`, { recipient: to.value, letter: letter.value.trim() });
        letter.value = "";
        panel.saved();
        notice(t("note.referred"));
    });
    return form;
}

/** @param {string[]} values @param {string} prefix */
function options(values, prefix) {
    return values.map((value) => {
        const option = make("option", { value });
        say(option, `${prefix}.${value}`);
        return option;
    });
}

/** @param {HTMLFormElement} form @param {HTMLButtonElement} go @param {() => Promise<void>} work */
function onSubmit(form, go, work) {
    const error = make("p", { class: "error-text", role: "alert" });
    form.append(error);
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        setText(error, "");
        go.disabled = true;
        work().catch((problem) => setText(error, errorText(codeOf(problem))))
            .finally(() => (go.disabled = false));
    });
}

/** @param {() => Promise<void>} work */
async function told(work) {
    try {
        await work();
    } catch (problem) {
        notice(errorText(codeOf(problem)));
    }
}

async function ready() {
    style(STYLE);
    await Promise.all([alsoSay("cases"), alsoSay("people")]);
}
