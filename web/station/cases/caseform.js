/**
 * The form of a case, before any call: who, why, danger signs, measurements, wishes, photos. Owns: what was typed, until
 * the server has it; then it forgets all. Must never know what a measurement means.
 */

/** @import {Here} from "./askcall.js" */

import { GENERAL_FLAGS, isObstetric, OBSTETRIC_FLAGS, REASONS, AGES, SEXES, SPECIALTIES, SPOKEN } from "../../shared/cases/caselists.js";
import { find, icon, make, setText } from "../../shared/base/dom.js";
import { button, choice, field, group, said, style, tick } from "../../shared/base/fields.js";
import { call, codeOf } from "../../shared/base/http.js";
import { alsoSay, errorText, say, t } from "../../shared/base/i18n.js";
import { isolated } from "../../shared/base/isolate.js";
import { askFor } from "./askcall.js";
import { colourOf } from "../../shared/cases/triage.js";
import { sendPhotos } from "./photokeeper.js";
import { shrunk } from "./picture.js";
import { SentCase } from "./sentcase.js";
import { VitalFields } from "./vitalfields.js";

const STYLE = new URL("../../shared/cases/cases.css", import.meta.url).pathname;

// Refusals that are about the reference of the patient.
const OF_THE_REFERENCE = ["case_alias_only", "case_no_names"];

// What a message may hold too (signaling: REASON_MAX_CHARS).
const WORDS_MAX = 500;

/** @typedef {{previousId?: string, previousText?: string, discreet?: boolean}} From */
/** @typedef {{id: string, language: string, isOpen: boolean}} Made the case, and the language of its patient; `isOpen`: before this form */
/** @typedef {{names_allowed: boolean, survivor_safe: boolean}} Rules */

/** Fills in a case and requests its call. @param {Here} here @param {From} [from] the case that the new one follows */
export async function openCase(here, from = {}) {
    const made = await fillIn(here.store, from);
    if (made?.isOpen) here.openRecords(made.id);
    else if (made) await askFor(here, made.id, made.language);
    else here.store.dispatch({ type: "left" });
}

/**
 * Shows the form and waits until a case is made of it.
 * @param {Here["store"]} store
 * @param {From} from
 * @returns {Promise<Made | null>} null: given up
 */
async function fillIn(store, from) {
    style(STYLE);
    /** @type {[Rules, void, void]} the site's rules load at the same time as the texts */
    const [rules] = await Promise.all([call("GET", "/api/station/rules"), alsoSay("cases"), alsoSay("people")]);
    const box = find("[data-case]", HTMLElement);
    return new Promise((resolve) => {
        const form = new CaseForm(from, rules, store);
        const done = (/** @type {Made | null} */ made) => {
            box.replaceChildren();
            resolve(made);
        };
        form.onDone = done;
        const head = make("div", { class: "case-head" }, said("h1", "case.title.new"), button("case.back", "button quiet", () => done(null)));
        find("h1", HTMLElement, head).dataset.heading = "";
        find("h1", HTMLElement, head).tabIndex = -1;
        box.replaceChildren(make("div", { class: "case-view" }, head, form.element));
        find("h1", HTMLElement, head).focus();
    });
}

class CaseForm {
    /** @type {(made: Made | null) => void} */
    onDone = () => undefined;
    /** @type {Blob[]} */
    #photos = [];
    // One form sends one case, however often it is corrected and sent again.
    #sent = new SentCase();
    #error = make("p", { class: "error-text", role: "alert" });
    #flags = make("div", { class: "group flags wide" });
    #found = make("p", { class: "flag-found", role: "status", hidden: "" });
    #photoList = make("ul");
    #vitals = new VitalFields(() => this.#colour());
    /** The colour that somebody chose: a danger sign that was ticked by mistake takes nothing away. */
    #chosen = "green";

    /** @type {HTMLElement} */
    #refHint = make("p");
    /** @type {HTMLElement} */
    #refError = make("p");
    #photoBox;

    /**
     * @param {From} from @param {Rules} rules @param {Here["store"]} store is told whether the case is survivor-safe, and the progress of photos
     */
    constructor(from, rules, store) {
        this.from = from;
        this.rules = rules;
        this.store = store;
        this.#photoBox = this.#photoGroup();
        const submit = make("button", { class: "button", "data-action": "submit-case" }, icon("doctor"), said("span", "case.submit"));
        this.element = make("form", { novalidate: "", "data-form": "case" });
        const follow = make("p", {}, `${t("case.follow", { date: from.previousText ?? "" })} — ${t("case.follow.text")}`);
        if (from.previousId) this.element.append(follow);
        this.element.append(this.#urgency(), this.#patient(), group("case.flags", said("p", "case.flags.text", "soft"), this.#flags, this.#found),
            this.#vitals.element, this.#wishes(), this.#photoBox, this.#error, submit);
        this.#found.append(icon("red"), said("span", "case.flags.found"));
        this.#showFlags();
        this.#showDiscreet();
        this.element.addEventListener("change", (event) => {
            const name = event.target instanceof Element ? event.target.getAttribute("name") ?? "" : "";
            if (name === "sex" || name === "age_band" || name === "reason_code") this.#showFlags();
            if (name === "case_urgency") this.#chosen = this.#value(name);
            this.#showUrgency();
        });
        this.element.addEventListener("submit", (event) => {
            event.preventDefault();
            void this.#send(submit);
        });
    }

    #urgency() {
        const line = make("div", { class: "urgency-line" });
        for (const colour of ["red", "orange", "green"]) {
            const radio = make("input", { type: "radio", name: "case_urgency", value: colour });
            radio.checked = colour === this.#chosen;
            line.append(make("label", { class: `tick urgency-${colour}` }, radio, icon(colour), said("span", `urgency.${colour}`)));
        }
        return group("urgency.legend", line);
    }

    #patient() {
        const words = make("textarea", { name: "reason_text", rows: "2", maxlength: String(WORDS_MAX), autocomplete: "off" });
        const about = field("case.words", words);
        about.classList.add("wide");
        return group("case.patient",
            this.#discreet(),
            this.#ref(),
            field("case.age", choice("age_band", AGES, "age", "case.unsaid")),
            field("case.sex", choice("sex", SEXES, "sex", "case.unsaid")),
            field("case.reason", choice("reason_code", REASONS, "reason", "case.reason.choose")),
            about);
    }

    #wishes() {
        return group("case.wishes",
            field("case.language", choice("language", SPOKEN, "spoken", "case.any")),
            field("case.gender", choice("gender_wish", ["woman", "man"], "gender", "case.any")),
            field("case.specialty", choice("specialty", SPECIALTIES, "specialty", "case.specialty.auto")),
            tick("mediator_wanted", "yes", "case.mediator"));
    }

    #ref() {
        const row = field("case.ref", make("input", { name: "patient_ref", maxlength: "60", autocomplete: "off" }), "case.ref.text");
        this.#refHint = find("p", HTMLElement, row);
        this.#refError = make("p", { class: "error-text", role: "alert", id: "case-ref-error" });
        const input = find("input", HTMLInputElement, row);
        input.setAttribute("aria-describedby", `${this.#refHint.id} ${this.#refError.id}`);
        input.addEventListener("input", () => this.#sayOfRef(""));
        row.append(this.#refError);
        return row;
    }

    /** Shows what is wrong beside the reference, and moves the focus there. @param {string} text "": nothing */
    #sayOfRef(text) {
        const input = find("[name=patient_ref]", HTMLInputElement, this.element);
        setText(this.#refError, text);
        input.setAttribute("aria-invalid", String(text !== ""));
        if (text) input.focus();
    }

    /**
     * Survivor-safe: an alias, few people with access, and the quick exit. If the site has decided so, it cannot be
     * unticked.
     */
    #discreet() {
        const always = this.rules.survivor_safe || this.from.discreet === true;
        const box = tick("survivor_safe", "yes", always ? "case.discreet.always" : "case.discreet");
        box.classList.add("wide");
        const input = find("input", HTMLInputElement, box);
        input.checked = always;
        // `disabled` would leave the box out of the data that is sent.
        if (always) input.addEventListener("click", (event) => event.preventDefault());
        box.addEventListener("change", () => this.#showDiscreet());
        return box;
    }

    #showDiscreet() {
        const discreet = this.#values("survivor_safe").length > 0;
        say(this.#refHint, discreet ? "case.ref.alias" : this.rules.names_allowed ? "case.ref.named" : "case.ref.text");
        this.#photoBox.hidden = discreet;
        this.store.dispatch({ type: "discreet", on: discreet });
    }

    #colour() {
        return colourOf(this.#chosen, this.#values("red_flags"));
    }

    /** Ticks the colour that the case gets. */
    #showUrgency() {
        const hasFlags = this.#values("red_flags").length > 0;
        this.#found.hidden = !hasFlags;
        for (const radio of this.element.querySelectorAll("[name=case_urgency]")) {
            if (!(radio instanceof HTMLInputElement)) continue;
            radio.checked = radio.value === this.#colour();
            radio.disabled = hasFlags && !radio.checked;
        }
    }

    #showFlags() {
        const kept = this.#values("red_flags");
        const obstetric = isObstetric(this.#value("reason_code"), this.#value("sex"), this.#value("age_band"));
        const flags = obstetric ? OBSTETRIC_FLAGS : GENERAL_FLAGS;
        const shown = [...flags, ...kept.filter((flag) => !flags.includes(flag))];
        this.#flags.replaceChildren(...shown.map((flag) => {
            const one = tick("red_flags", flag, `redflag.${flag}`);
            find("input", HTMLInputElement, one).checked = kept.includes(flag);
            return one;
        }));
    }

    #photoGroup() {
        // Opens the camera of the kiosk or the gallery of a telephone. The button is a label, so that no script is needed.
        const input = make("input", { type: "file", accept: "image/*", capture: "environment", class: "hidden-text", "aria-label": t("case.photo.add") });
        input.addEventListener("change", () => {
            const file = input.files?.[0];
            input.value = "";
            if (file) void this.#take(file);
        });
        const label = make("label", { class: "button quiet" }, icon("photo"), said("span", "case.photo.add"), input);
        return group("case.photos", label, make("div", { class: "wide", role: "status" }, this.#photoList));
    }

    /** @param {File} file */
    async #take(file) {
        const line = make("li", {});
        this.#photoList.append(line);
        try {
            this.#photos.push(await shrunk(file));
            setText(line, t("case.photo.ready", { number: this.#photos.length }));
        } catch (problem) {
            setText(line, `${file.name ? `${isolated(file.name)} : ` : ""}${errorText(codeOf(problem, "photo_broken"))}`);
        }
    }

    /** @param {HTMLButtonElement} submit */
    async #send(submit) {
        const { vitals, words, problem } = this.#vitals.read();
        setText(this.#error, problem);
        if (problem) return;
        const orNull = (/** @type {string} */ name) => this.#value(name) || null;
        submit.disabled = true;
        try {
            const made = await this.#sent.send({
                urgency: this.#value("case_urgency"), patient_ref: this.#value("patient_ref").trim(), age_band: orNull("age_band"),
                sex: orNull("sex"), reason_code: this.#value("reason_code"), reason_text: aboutText(this.#value("reason_text").trim(), words),
                red_flags: this.#values("red_flags"), vitals, language: orNull("language"), gender_wish: orNull("gender_wish"),
                mediator_wanted: this.#values("mediator_wanted").length > 0, specialty: orNull("specialty"),
                survivor_safe: this.#values("survivor_safe").length > 0, previous_id: this.from.previousId ?? null,
            });
            if (!made) return;
            // They travel while the patient waits: nobody waits for them.
            if (!this.#photoBox.hidden) void sendPhotos(made.id, this.#photos, (text) => this.store.dispatch({ type: "photo", text }));
            this.onDone({ ...made, language: this.#value("language") });
        } catch (problem) {
            const code = codeOf(problem);
            if (OF_THE_REFERENCE.includes(code)) this.#sayOfRef(errorText(code));
            else setText(this.#error, errorText(code));
        } finally {
            submit.disabled = false;
        }
    }

    /** @param {string} name @returns {string} */
    #value(name) {
        return String(new FormData(this.element).get(name) ?? "");
    }

    /** @param {string} name @returns {string[]} */
    #values(name) {
        return new FormData(this.element).getAll(name).map(String);
    }
}

/**
 * What the clinician reads, never longer than may be.
 * @param {string} typed @param {string[]} measured measurements as they were typed @returns {string}
 */
function aboutText(typed, measured) {
    return [typed, ...measured].filter(Boolean).join(". ").slice(0, WORDS_MAX);
}
