/**
 * The short lists of a case, for the forms: reasons, danger signs, measurements with their ranges. Owns: a copy of the
 * lists of server/cases for the pages; a test compares the two. The texts are in the catalogs `cases`.
 */

/** @typedef {{code: string, obstetric?: boolean}} Reason */
/** @typedef {{unit: string, possible: [number, number], usual: [number, number], digits: number}} Measure */

const OBSTETRIC = ["early_pregnancy_bleeding", "late_pregnancy_bleeding", "pre_eclampsia", "postpartum_bleeding", "long_labour", "pregnancy_care"];
export const REASONS = [
    "fever", "malaria", "cough", "breathing", "chest_pain", "diarrhoea", "dysentery", "vomiting", "abdominal_pain",
    "headache", "dizziness", "convulsion", "fatigue", "oedema", "back_pain", "joint_pain", "sore_throat", "ear_pain",
    "tooth_pain", "urination", "rash", "itching", "wound", "burn", "fracture", "poisoning", "red_eye", "vision",
    "hypertension", "diabetes", "anaemia", "sickle_cell", "tuberculosis", "hiv", "measles", "malnutrition",
    "newborn_jaundice", ...OBSTETRIC, "contraception", "low_mood", "anxiety", "other",
];

/** @param {string} reason @param {string} sex @param {string} age whether the check-list of mothers is shown */
export function isObstetric(reason, sex, age) {
    return OBSTETRIC.includes(reason) || (sex === "female" && (age === "adult" || age === "adolescent"));
}

export const OBSTETRIC_FLAGS = [
    "vaginal_bleeding", "convulsions", "severe_headache_blurred_vision", "waters_broken_early", "no_fetal_movement",
    "fever_too_weak", "severe_abdominal_pain", "breathing_hard", "labour_too_long", "cord_or_limb_first",
    "placenta_not_out", "unconscious",
];
export const GENERAL_FLAGS = ["unconscious", "convulsions", "breathing_hard", "heavy_bleeding", "cannot_drink", "vomits_everything"];

/** @type {Record<string, Measure[]>} */
export const MEASURES = {
    temperature: [{ unit: "Cel", possible: [25, 45], usual: [35.5, 39], digits: 1 }],
    pulse: [{ unit: "/min", possible: [20, 300], usual: [50, 160], digits: 0 }],
    respiration: [{ unit: "/min", possible: [4, 120], usual: [10, 60], digits: 0 }],
    systolic: [{ unit: "mm[Hg]", possible: [40, 300], usual: [90, 160], digits: 0 }],
    diastolic: [{ unit: "mm[Hg]", possible: [20, 200], usual: [50, 100], digits: 0 }],
    spo2: [{ unit: "%", possible: [40, 100], usual: [92, 100], digits: 0 }],
    weight: [{ unit: "kg", possible: [0.4, 300], usual: [2, 120], digits: 2 }],
    glucose: [
        { unit: "mmol/L", possible: [0.5, 60], usual: [3.9, 11.1], digits: 1 },
        { unit: "g/L", possible: [0.1, 11], usual: [0.7, 2], digits: 2 },
    ],
    muac: [{ unit: "mm", possible: [60, 600], usual: [125, 400], digits: 0 }],
    haemoglobin: [{ unit: "g/dL", possible: [1, 25], usual: [8, 18], digits: 1 }],
};

export const AGES = ["newborn", "infant", "under_five", "child", "adolescent", "adult", "elder", "unknown"];
export const SEXES = ["female", "male", "other", "unknown"];
export const SPOKEN = ["fr", "bm", "ff", "ses", "snk", "taq", "dtk", "myk", "spp", "ar", "en"];
export const SPECIALTIES = [
    "general", "obstetrics", "midwifery", "paediatrics", "surgery", "internal_medicine", "cardiology", "dermatology",
    "ophthalmology", "psychiatry", "psychology", "law", "social_work",
];
export const SERVICES = [
    "center_doctor", "center_psychologist", "center_lawyer", "center_social_worker", "ramed", "amo", "jigisemejiri",
];
export const OUTCOMES = ["recovered", "better", "same", "worse", "transferred", "died", "lost"];

// The outcomes that a clinician must know at once.
export const GRAVE = ["worse", "transferred", "died"];

/** UCUM codes as people write them; other codes are written as they are. @type {Record<string, string>} */
const WRITTEN = { Cel: "°C", "mm[Hg]": "mmHg" };

/** @param {string} unit a UCUM code @returns {string} */
export function unitText(unit) {
    return WRITTEN[unit] ?? unit;
}
