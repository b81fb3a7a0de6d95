/**
 * The form of a case, before any call: who, why, danger signs, measurements, wishes, photos. Owns: what was typed, until
 * the server has it; then it forgets all. Must never send a measurement that cannot be.
 */

/** @import {Here} from "./askcall.js" */

import { GENERAL_FLAGS, isObstetric, MEASURES, OBSTETRIC_FLAGS, REASONS, AGES, SEXES, SPECIALTIES, SPOKEN, unitText } from "../../shared/cases/caselists.js";
import { find, icon, make, setText } from "../../shared/base/dom.js";
import { button, choice, field, group, said, style, tick } from "../../shared/base/fields.js";
import { call, codeOf } from "../../shared/base/http.js";
import { alsoSay, errorText, number, say, t } from "../../shared/base/i18n.js";
import { askFor } from "./askcall.js";
import { colourOf, confirmation } from "../../shared/cases/triage.js";
import { shrunk, upload } from "./photos.js";

const STYLE = new URL("../../shared/cases/cases.css", import.meta.url).pathname;

// Refusals that are about the reference of the patient.
const OF_THE_REFERENCE = ["case_alias_only", "case_no_names"];

/** @typedef {{previousId?: string, previousText?: string, discreet?: boolean}} From */
/** @typedef {{id: string, language: string}} Made the case, and the language of its patient */
/** @typedef {{names_allowed: boolean, survivor_safe: boolean}} Rules */

/** Fills in a case and requests its call. @param {Here} here @param {From} [from] the case that the new one follows */
export async function openCase(here, from = {}) {
    const made = await fillIn(here.store, from);
    if (made) await askFor(here, made.id, made.language);
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
    #caseId = "";
    #error = make("p", { class: "error-text", role: "alert" });
    #flags = make("div", { class: "group flags wide" });
    #found = make("p", { class: "flag-found", role: "status", hidden: "" });
    #photoList = make("ul", { class: "wide", role: "status" });
    /** One confirmation for all that is unusual. */
    #sure = tick("sure", "yes", "case.vitals.confirm");
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
            group("case.vitals", ...Object.keys(MEASURES).map((sign) => this.#vital(sign)), this.#sure), this.#wishes(), this.#photoBox, this.#error, submit);
        this.#sure.classList.add("wide");
        this.#found.append(icon("red"), said("span", "case.flags.found"));
        this.#showFlags();
        this.#showVitals();
        this.#showDiscreet();
        this.element.addEventListener("change", (event) => {
            const name = event.target instanceof Element ? event.target.getAttribute("name") ?? "" : "";
            if (name === "sex" || name === "age_band" || name === "reason_code") this.#showFlags();
            if (name === "case_urgency") this.#chosen = this.#value(name);
            // What was confirmed is not what stands there now.
            if (name.startsWith("vital.") || name.startsWith("unit.")) this.#setSure(false);
            this.#showUrgency();
            this.#showVitals();
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
        const words = make("textarea", { name: "reason_text", rows: "2", maxlength: "500", autocomplete: "off" });
        const about = field("case.words", words);
        about.classList.add("wide");
        return group("case.patient",
            this.#discreet(),
            this.#ref(),
            field("case.age", choice("age_band", AGES, "age", "case.any")),
            field("case.sex", choice("sex", SEXES, "sex", "case.any")),
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

    /** @param {string} sign */
    #vital(sign) {
        const measures = MEASURES[sign] ?? [];
        const input = make("input", { name: `vital.${sign}`, inputmode: "decimal", autocomplete: "off", size: "6" });
        const row = field(`vital.${sign}`, input);
        const units = measures.length > 1
            ? make("select", { name: `unit.${sign}`, "aria-label": t(`vital.${sign}`) }, ...measures.map(({ unit }) => make("option", { value: unit }, unitText(unit))))
            : make("span", {}, unitText(measures[0]?.unit ?? ""));
        const note = make("p", { class: "error-text", role: "status", id: `${input.id}-note`, "data-vital-note": sign });
        input.setAttribute("aria-describedby", note.id);
        row.append(make("span", { class: "measure" }, input, units));
        return make("div", { class: "vital" }, row, note);
    }

    /** What is said beside each measurement, and whether the one confirmation is asked. */
    #showVitals() {
        const signs = Object.keys(MEASURES);
        const judged = new Map(signs.map((sign) => [sign, this.#judge(sign)]));
        const { asked, warns } = this.#confirmation();
        this.#sure.hidden = !asked;
        for (const [sign, { verdict, measure }] of judged) {
            find(`[name="vital.${sign}"]`, HTMLElement, this.element).setAttribute("aria-invalid", String(verdict === "impossible"));
            const [low, high] = measure?.possible ?? [0, 0];
            const words = { name: t(`vital.${sign}`), low, high, unit: unitText(measure?.unit ?? "") };
            const isSaid = verdict === "impossible" || (verdict === "unusual" && warns);
            setText(find(`[data-vital-note="${sign}"]`, HTMLElement, this.element), isSaid ? t(`case.vitals.${verdict}`, words) : "");
        }
    }

    #confirmation() {
        const verdicts = Object.keys(MEASURES).map((sign) => this.#judge(sign).verdict);
        return confirmation(this.#colour(), verdicts, this.#values("sure").length > 0);
    }

    /** @param {boolean} on */
    #setSure(on) {
        find("input", HTMLInputElement, this.#sure).checked = on;
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

    /** @param {string} sign */
    #judge(sign) {
        const text = this.#value(`vital.${sign}`).replace(",", ".");
        const measure = MEASURES[sign]?.find(({ unit }) => unit === this.#value(`unit.${sign}`)) ?? MEASURES[sign]?.[0];
        const value = Number(text);
        if (!text || !measure) return { verdict: "fine", value: null, measure };
        /** @param {[number, number]} [range] */
        const within = (range) => value >= (range?.[0] ?? 0) && value <= (range?.[1] ?? 0);
        if (!Number.isFinite(value) || !within(measure.possible)) return { verdict: "impossible", value, measure };
        return { verdict: within(measure.usual) ? "fine" : "unusual", value, measure };
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
        return group("case.photos", label, this.#photoList);
    }

    /** @param {File} file */
    async #take(file) {
        const line = make("li", {});
        this.#photoList.append(line);
        const name = this.#photos.length + 1;
        try {
            this.#photos.push(await shrunk(file));
            setText(line, t("case.photo.ready", { number: name }));
        } catch {
            setText(line, errorText("photo_broken"));
        }
    }

    /** @param {HTMLButtonElement} submit */
    async #send(submit) {
        const vitals = [];
        const { holds } = this.#confirmation();
        for (const sign of Object.keys(MEASURES)) {
            const { verdict, value, measure } = this.#judge(sign);
            if (value === null || !measure) continue;
            const confirmed = verdict === "unusual" && this.#values("sure").length > 0;
            if (verdict === "impossible" || (verdict === "unusual" && holds)) {
                find(`[name="vital.${sign}"]`, HTMLElement, this.element).focus();
                setText(this.#error, errorText(`vital_${verdict}`));
                return;
            }
            vitals.push({ sign, value: Number(value.toFixed(measure.digits)), unit: measure.unit, confirmed });
        }
        const orNull = (/** @type {string} */ name) => this.#value(name) || null;
        submit.disabled = true;
        setText(this.#error, "");
        try {
            // A photo that failed is sent again to the case that was made before.
            this.#caseId ||= (await call("POST", "/api/cases", {
                urgency: this.#value("case_urgency"), patient_ref: this.#value("patient_ref").trim(), age_band: orNull("age_band"),
                sex: orNull("sex"), reason_code: this.#value("reason_code"), reason_text: this.#value("reason_text").trim(),
                red_flags: this.#values("red_flags"), vitals, language: orNull("language"), gender_wish: orNull("gender_wish"),
                mediator_wanted: this.#values("mediator_wanted").length > 0, specialty: orNull("specialty"),
                survivor_safe: this.#values("survivor_safe").length > 0, previous_id: this.from.previousId ?? null,
            })).id;
            // They travel while the patient waits: nobody waits for them.
            if (!this.#photoBox.hidden) void sendAll(this.#caseId, this.#photos, (text) => this.store.dispatch({ type: "photo", text }));
            this.onDone({ id: this.#caseId, language: this.#value("language") });
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
 * One after the other, so that the first is there soon.
 * @param {string} caseId @param {Blob[]} photos @param {(text: string) => void} tell
 */
async function sendAll(caseId, photos, tell) {
    for (const [index, photo] of photos.entries()) {
        try {
            await upload(caseId, photo, (done) => tell(t("case.photo.sending", { number: index + 1, percent: number(Math.floor(done * 100)) })));
            tell(t("case.photo.sent", { number: index + 1 }));
        } catch (problem) {
            tell(errorText(codeOf(problem)));
        }
    }
}
