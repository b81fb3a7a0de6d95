/**
 * One case on one sheet, to read and to print for the patient, in any of the three languages, whatever the language of the
 * page. Owns: the content of the sheet and its order. Must put what people wrote only into text.
 */

/** @import {Language} from "../base/i18n.js" */

import { find, icon, make } from "../base/dom.js";
import { when } from "../base/fields.js";
import { unitText } from "./caselists.js";
import { number, t } from "../base/i18n.js";
import { joined } from "../base/isolate.js";

/**
 * @typedef {object} CaseView the answer of GET /api/cases/{id}
 * @property {string} id @property {string} part @property {string} kind @property {string} state @property {number} opened_at
 * @property {string} site @property {string} station @property {string} patient_ref @property {string} age_band
 * @property {string} sex @property {string} reason_code @property {string} icd11 @property {string} reason_text
 * @property {string[]} red_flags @property {string} urgency @property {string} language @property {string} gender_wish
 * @property {boolean} mediator_wanted @property {string} specialty @property {string} clinician
 * @property {string | null} previous_id
 * @property {{sign: string, value: number, unit: string, confirmed: boolean}[]} vitals
 * @property {{id: string, stored: boolean}[]} photos
 * @property {{clinician: string, answer: string, advice: string, note: string | null, written_at: number}[]} notes
 * @property {{id: string, recipient: string, letter: string, written_at: number, new_case_id: string | null}[]} referrals
 * @property {{outcome: string, words: string, reported_at: number}[]} outcomes
 */

/** @param {Language} language @returns {Promise<(key: string) => string>} the words of the sheet */
export async function wordsIn(language) {
    const [cases, people] = await Promise.all(["cases", "people"].map((part) => catalog(part, language)));
    return (key) => cases?.[key] ?? people?.[key] ?? t(key);
}

/** @param {string} part @param {Language} language @returns {Promise<Record<string, string>>} */
async function catalog(part, language) {
    const response = await fetch(new URL(`../base/i18n/${part}.${language}.json`, import.meta.url));
    if (!response.ok) throw new Error(`catalog ${part}.${language}: ${response.status}`);
    return response.json();
}

/**
 * @param {CaseView} one @param {(key: string) => string} words @param {Language} language
 * @returns {HTMLElement}
 */
export function sheet(one, words, language) {
    const latest = one.notes.at(-1);
    const list = make("dl");
    const add = (/** @type {string} */ key, /** @type {string} */ text) => {
        if (text) list.append(make("dt", {}, words(key)), make("dd", {}, text));
    };
    add("summary.place", joined(one.site, one.station));
    add("summary.date", when(one.opened_at, language));
    add("summary.patient", joined(one.patient_ref, one.age_band && words(`age.${one.age_band}`), one.sex && words(`sex.${one.sex}`)));
    add("summary.clinician", latest?.clinician ?? one.clinician);
    add("summary.reason", [one.reason_code && words(`reason.${one.reason_code}`), one.reason_text].filter(Boolean).join(". "));
    add("case.flags", one.red_flags.map((flag) => words(`redflag.${flag}`)).join(", "));
    add("summary.vitals", vitalTexts(one.vitals, words).join(" · "));
    const title = make("h2", {}, icon("logo"), `Kɛnɛya · ${words("summary.title")}`);
    const page = make("article", { class: "sheet card", lang: language }, title, list);
    part(page, "check", words("summary.answer"), latest ? latest.answer : words("summary.no_answer"));
    part(page, "person", words("summary.advice"), latest?.advice ?? "");
    for (const referral of one.referrals) {
        const to = words(`recipient.${referral.recipient}`);
        const name = to === `recipient.${referral.recipient}` ? words(`specialty.${referral.recipient}`) : to;
        part(page, "people", `${words("summary.referral")} ${name}`, referral.letter);
    }
    page.append(make("p", { class: "warning" }, icon("red"), make("strong", {}, words("summary.danger"))));
    return page;
}

/**
 * @param {CaseView["vitals"]} vitals @param {(key: string) => string} words @returns {string[]} both pressures as one text: 80/40
 */
export function vitalTexts(vitals, words) {
    const low = vitals.find(({ sign }) => sign === "diastolic");
    const isPair = low !== undefined && vitals.some(({ sign }) => sign === "systolic");
    return vitals.filter((one) => !isPair || one !== low).map(({ sign, value, unit }) => {
        if (isPair && sign === "systolic") return `${words("vital.pressure")} ${number(value)}/${number(low.value)} ${unitText(unit)}`;
        return `${words(`vital.${sign}`)} ${number(value)} ${unitText(unit)}`;
    });
}

/** @param {HTMLElement} page @param {string} picture @param {string} title @param {string} text */
function part(page, picture, title, text) {
    if (text) page.append(make("section", {}, make("h2", {}, icon(picture), title), make("p", { class: "words" }, text)));
}

/** @param {CaseView} one @returns {HTMLElement} the photos that have arrived */
export function photos(one) {
    const box = make("div", { class: "case-photos unprinted" });
    for (const [index, photo] of one.photos.filter(({ stored }) => stored).entries()) {
        box.append(make("img", { src: `/api/photos/${photo.id}`, alt: `${t("case.photos")} ${index + 1}`, loading: "lazy" }));
    }
    const count = one.photos.filter(({ stored }) => !stored).length;
    if (count) box.append(make("p", { class: "soft", "data-photos-coming": "" }, t("case.photo.coming", { number: count })));
    return box;
}

/** @param {HTMLElement} box */
export function focusHeading(box) {
    const heading = find("h1", HTMLElement, box);
    heading.tabIndex = -1;
    heading.focus();
}
