/**
 * What a typed measurement means. Owns: units as people write them, and the questions where a number means one thing in
 * one unit and another in the other. Pure. Must never guess: it understands, asks or says that it does not understand.
 */

/** @import {Measure} from "./caselists.js" */

import { readNumber, plain } from "./figures.js";
import { MEASURES } from "./caselists.js";

/** @typedef {{sign: string, value: number, unit: string}} Meaning */
/**
 * `asks`: what may be meant, each a whole answer (two pressures go together).
 * @typedef {object} Understood
 * @property {"empty" | "fine" | "unusual" | "impossible" | "unread" | "unit" | "meant" | "swapped"} verdict
 * @property {Meaning[]} means what was understood
 * @property {Meaning[][]} asks
 * @property {Measure | undefined} measure whose bounds are told
 */

/**
 * How people write units beside the one that is kept, and by what their number is multiplied.
 * @type {Record<string, [RegExp, string, number][]>}
 */
const WRITTEN = {
    temperature: [[/^(°|° ?c|c|celsius|degr[eé]s?( c(elsius)?)?)$/, "Cel", 1]],
    pulse: [[/^((bpm|b|batt?(ements)?|puls(ations)?|p)? ?(\/|par|a|per)? ?(mn|min|minutes?)|bpm)$/, "/min", 1]],
    respiration: [[/^((cycles?|c|resp(irations)?|r|mouvements)? ?(\/|par|per)? ?(mn|min|minutes?)|cpm)$/, "/min", 1]],
    systolic: [[/^mm ?(de )?hg$/, "mm[Hg]", 1], [/^cm ?(de )?hg$/, "mm[Hg]", 10]],
    diastolic: [[/^mm ?(de )?hg$/, "mm[Hg]", 1], [/^cm ?(de )?hg$/, "mm[Hg]", 10]],
    spo2: [[/^(%|pour ?cent|percent)$/, "%", 1]],
    weight: [[/^(kg|kgs|kilos?|kilogrammes?|kilograms?)$/, "kg", 1], [/^(g|gr|grammes?|grams?)$/, "kg", 0.001]],
    glucose: [[/^mmol( ?\/ ?l)?$/, "mmol/L", 1], [/^g ?\/ ?l$/, "g/L", 1], [/^mg ?\/ ?dl$/, "g/L", 0.01], [/^mg ?\/ ?l$/, "g/L", 0.001]],
    muac: [[/^(mm|millim[eè]tres?)$/, "mm", 1], [/^(cm|centim[eè]tres?)$/, "mm", 10]],
    haemoglobin: [[/^(g ?\/ ?dl|g)$/, "g/dL", 1], [/^g ?\/ ?l$/, "g/dL", 0.1]],
};

/**
 * What an impossible number mostly is: a point that was forgotten, centimetres of mercury ("12/8"), another unit.
 * @type {Record<string, number>}
 */
const MISTAKEN = { temperature: 0.1, systolic: 10, diastolic: 10, weight: 0.001, muac: 10, haemoglobin: 0.1 };

const PAIR = /^(.+?) ?(?:\/|\\|sur|over) ?(\d.*)$/u;

/**
 * @param {string} sign @param {string} typed
 * @param {string} unit as chosen beside it; "": none yet
 * @param {boolean} [settled] the unit was asked for and chosen for this number
 * @returns {Understood}
 */
export function understand(sign, typed, unit, settled = false) {
    if (!plain(typed)) return { verdict: "empty", means: [], asks: [], measure: undefined };
    const measures = MEASURES[sign] ?? [];
    const read = readNumber(typed);
    const written = read && unitOf(sign, read.rest);
    if (!read || (read.rest && !written)) return { verdict: "unread", means: [], asks: [], measure: measures[0] };
    if (written) return judged(sign, read.value * written.factor, measures.find((one) => one.unit === written.unit));
    if (measures.length > 1 && !settled) return inWhichUnit(sign, read.value, measures, unit);
    return judged(sign, read.value, measures.find((one) => one.unit === unit) ?? measures[0]);
}

/**
 * The two pressures belong together: "12/8", 12 with 8, and the two the wrong way round.
 * @param {string} systolic @param {string} diastolic as typed
 * @returns {Record<"systolic" | "diastolic", Understood>}
 */
export function understandPressure(systolic, diastolic) {
    const both = plain(diastolic) ? null : PAIR.exec(plain(systolic));
    const [, high, rest] = both ?? [];
    // A unit after both is that of both.
    const unit = rest ? readNumber(rest)?.rest ?? "" : "";
    const upper = understand("systolic", high === undefined ? systolic : `${high} ${unit}`, "");
    const lower = understand("diastolic", rest ?? diastolic, "");
    const pair = [...(upper.asks[0] ?? []), ...(lower.asks[0] ?? [])];
    if (pair.length === 2) return { systolic: { ...upper, asks: [pair] }, diastolic: { ...lower, asks: [] } };
    const [over, under] = [upper.means[0], lower.means[0]];
    if (over && under && under.value >= over.value) {
        const turned = [{ ...over, value: under.value }, { ...under, value: over.value }];
        const asks = under.value > over.value ? [turned] : [];
        return { systolic: { ...upper, verdict: "swapped", means: [], asks }, diastolic: { ...lower, verdict: "swapped", means: [] } };
    }
    return { systolic: both && upper.means.length ? { ...upper, means: [...upper.means, ...lower.means] } : upper, diastolic: lower };
}

/** @param {string} sign @param {string} rest of what was typed @returns {{unit: string, factor: number} | null} */
function unitOf(sign, rest) {
    const found = WRITTEN[sign]?.find(([pattern]) => pattern.test(rest.replace(/\.$/, "").trim()));
    return found && rest ? { unit: found[1], factor: found[2] } : null;
}

/**
 * @param {string} sign @param {number} value @param {Measure[]} measures @param {string} chosen
 * @returns {Understood}
 */
function inWhichUnit(sign, value, measures, chosen) {
    const [first] = measures;
    const possible = measures.filter((one) => within(value, one.possible));
    const mine = possible.find((one) => one.unit === chosen);
    const isElsewhere = possible.some((one) => one !== mine && within(value, one.usual));
    if (!possible.length) return judged(sign, value, measures.find((one) => one.unit === chosen) ?? first);
    if (mine && (within(value, mine.usual) || !isElsewhere)) return judged(sign, value, mine);
    if (!chosen && possible.length === 1) return judged(sign, value, possible[0]);
    return { verdict: "unit", means: [], asks: possible.map((one) => [meaning(sign, value, one)]), measure: mine ?? first };
}

/** @param {string} sign @param {number} value @param {Measure | undefined} measure @returns {Understood} */
function judged(sign, value, measure) {
    if (!measure) return { verdict: "unread", means: [], asks: [], measure };
    if (within(value, measure.possible)) {
        return { verdict: within(value, measure.usual) ? "fine" : "unusual", means: [meaning(sign, value, measure)], asks: [], measure };
    }
    const meant = value * (MISTAKEN[sign] ?? 0);
    if (!within(meant, measure.possible)) return { verdict: "impossible", means: [], asks: [], measure };
    return { verdict: "meant", means: [], asks: [[meaning(sign, meant, measure)]], measure };
}

/** @param {string} sign @param {number} value @param {Measure} measure @returns {Meaning} with no more digits than a device shows */
function meaning(sign, value, measure) {
    return { sign, value: Number(value.toFixed(measure.digits)), unit: measure.unit };
}

/** @param {number} value @param {[number, number]} range */
function within(value, [low, high]) {
    return value >= low && value <= high;
}
