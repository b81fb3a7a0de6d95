/**
 * The measurements of a case as they are typed. Owns: what was understood, shown beside each, and the questions where it
 * may mean something else. Must never send a number that nobody has seen as it was understood.
 */

/** @import {Meaning, Understood} from "../../shared/cases/measured.js" */

import { find, make, setText } from "../../shared/base/dom.js";
import { field, group, tick } from "../../shared/base/fields.js";
import { errorText, number, t } from "../../shared/base/i18n.js";
import { MEASURES, unitText } from "../../shared/cases/caselists.js";
import { understand, understandPressure } from "../../shared/cases/measured.js";
import { confirmation, goesAsTyped } from "../../shared/cases/triage.js";

/** @typedef {{sign: string, value: number, unit: string, confirmed: boolean}} Vital */
/**
 * @typedef {object} Row
 * @property {string} sign @property {HTMLDivElement} box @property {HTMLInputElement} input
 * @property {HTMLSelectElement | null} unit where there are several @property {HTMLElement} note @property {HTMLElement} asks
 * @property {string} settled the typed text whose unit somebody has chosen when asked
 */

export class VitalFields {
    /** @type {Row[]} */
    #rows = Object.keys(MEASURES).map(makeRow);
    /** One confirmation for all that is unusual. */
    #sure = tick("sure", "yes", "case.vitals.confirm");

    element = group("case.vitals", ...this.#rows.map(({ box }) => box), this.#sure);

    /** @param {() => string} colour of the case as it is now: a very urgent one waits for no confirmation */
    constructor(colour) {
        this.colour = colour;
        this.#sure.classList.add("wide");
        this.#sure.hidden = true;
        this.#sure.addEventListener("change", () => this.#look());
        for (const row of this.#rows) {
            row.box.addEventListener("change", (event) => {
                if (event.target === row.unit) row.settled = row.input.value;
                this.#setSure(false); // what was confirmed is not what stands there now
                this.#look();
            });
        }
    }

    get #isSure() {
        return find("input", HTMLInputElement, this.#sure).checked;
    }

    /** @param {boolean} on */
    #setSure(on) {
        find("input", HTMLInputElement, this.#sure).checked = on;
    }

    /**
     * `words`: measurements that nobody has settled, as they were typed: a very urgent case does not wait for them.
     * @returns {{vitals: Vital[], words: string[], problem: string}} `problem`: what has to be done first, the focus is on it;
     *     "": nothing
     */
    read() {
        const found = this.#look();
        const { holds } = this.#confirmation(found);
        const vitals = [];
        const words = [];
        for (const row of this.#rows) {
            const { verdict, means } = /** @type {Understood} */ (found.get(row));
            if (verdict === "empty") continue;
            if (goesAsTyped(this.colour(), verdict)) {
                words.push(t("case.vitals.as_typed", { name: t(`vital.${row.sign}`), value: row.input.value.trim() }));
                continue;
            }
            const confirmed = verdict === "unusual" && this.#isSure;
            if (!means.length || (verdict === "unusual" && holds)) {
                row.input.focus();
                return { vitals: [], words: [], problem: errorText(PROBLEMS[verdict] ?? "vital_unread") };
            }
            for (const one of means) vitals.push({ ...one, confirmed });
        }
        return { vitals, words, problem: "" };
    }

    /** Shows what is understood. @returns {Map<Row, Understood>} */
    #look() {
        const found = new Map(this.#rows.map((row) => [row, this.#understood(row)]));
        const { asked, warns } = this.#confirmation(found);
        this.#sure.hidden = !asked;
        for (const [row, understood] of found) {
            // Two pressures in one field: from now on each stands in its own.
            if (understood.means.length > 1) return this.#take(row, understood.means);
            this.#show(row, understood, warns);
        }
        return found;
    }

    /** @param {Map<Row, Understood>} found */
    #confirmation(found) {
        return confirmation(this.colour(), [...found.values()].map(({ verdict }) => verdict), this.#isSure);
    }

    /** @param {Row} row @returns {Understood} */
    #understood(row) {
        const { sign, input, unit, settled } = row;
        if (sign === "systolic" || sign === "diastolic") {
            return understandPressure(this.#typed("systolic"), this.#typed("diastolic"))[sign];
        }
        return understand(sign, input.value, unit?.value ?? "", settled === input.value);
    }

    /** @param {string} sign */
    #typed(sign) {
        return this.#rows.find((row) => row.sign === sign)?.input.value ?? "";
    }

    /** @param {Row} row @param {Understood} understood @param {boolean} warns of what is unusual */
    #show(row, { verdict, means, asks, measure }, warns) {
        const { sign, input, unit, note } = row;
        const [meaning] = means;
        // The unit that was typed, or the only possible one, is the one that stands there.
        if (unit && meaning) unit.value = meaning.unit;
        input.setAttribute("aria-invalid", String(verdict === "impossible" || verdict === "unread"));
        const [low, high] = measure?.possible ?? [0, 0];
        const values = { name: t(`vital.${sign}`), low, high, unit: unitText(measure?.unit ?? ""), value: written(means) };
        const isFine = verdict === "fine" || (verdict === "unusual" && !warns);
        const key = isFine ? "fine" : verdict;
        const understood = verdict === "unusual" && warns ? `${t("case.vitals.fine", values)}. ` : "";
        // Beside the first of two pressures it is said of both.
        const isSilent = verdict === "empty" || (verdict === "swapped" && sign === "diastolic");
        setText(note, isSilent ? "" : understood + t(`case.vitals.${key}`, values));
        note.className = isFine ? "soft" : "error-text";
        const buttons = asks.map((ask) => {
            const press = make("button", { type: "button", class: "button quiet" }, written(ask));
            press.addEventListener("click", () => {
                this.#take(row, ask);
                input.focus();
            });
            return press;
        });
        row.asks.replaceChildren(...buttons);
    }

    /** @param {Row} row @param {Meaning[]} meant @returns {Map<Row, Understood>} */
    #take(row, meant) {
        for (const { sign, value, unit } of meant) {
            const one = this.#rows.find((other) => other.sign === sign) ?? row;
            one.input.value = number(value, { useGrouping: false });
            if (one.unit) one.unit.value = unit;
            one.settled = one.input.value;
        }
        return this.#look();
    }
}

/** @type {Record<string, string>} */
const PROBLEMS = { impossible: "vital_impossible", unusual: "vital_unusual", unit: "vital_unit", meant: "vital_meant", swapped: "vital_pressures" };

/** @param {Meaning[]} means @returns {string} "38,5 °C", "120/80 mmHg" */
function written(means) {
    return `${means.map(({ value }) => number(value)).join("/")} ${unitText(means[0]?.unit ?? "")}`;
}

/** @param {string} sign @returns {Row} */
function makeRow(sign) {
    const measures = MEASURES[sign] ?? [];
    const input = make("input", { name: `vital.${sign}`, inputmode: "decimal", autocomplete: "off", size: "6", maxlength: "30" });
    const labelled = field(`vital.${sign}`, input);
    const unit = measures.length > 1 ? unitChoice(sign) : null;
    const note = make("p", { class: "soft", role: "status", id: `${input.id}-note`, "data-vital-note": sign });
    input.setAttribute("aria-describedby", note.id);
    const asks = make("div", { class: "asks" });
    labelled.append(make("span", { class: "measure" }, input, unit ?? make("span", {}, unitText(measures[0]?.unit ?? ""))));
    return { sign, box: make("div", { class: "vital" }, labelled, note, asks), input, unit, note, asks, settled: "" };
}

/** No unit is the first: meters of a health post show the one or the other. @param {string} sign */
function unitChoice(sign) {
    const none = make("option", { value: "" }, "–");
    const options = (MEASURES[sign] ?? []).map(({ unit }) => make("option", { value: unit }, unitText(unit)));
    return make("select", { name: `unit.${sign}`, "aria-label": t("case.vitals.unit_of", { name: t(`vital.${sign}`) }) }, none, ...options);
}
