/**
 * Words of people beside words and figures of ours. Owns: that the one never changes the direction in which the other
 * reads (Unicode Standard Annex 9: isolates). Pure. What stands alone in an element is isolated by the style sheet.
 */

const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
// Hebrew, Arabic, Syriac, Thaana, N'Ko and the scripts after them; Adlam beyond the basic plane.
const TO_THE_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]|[\ud802\ud803\ud83a\ud83b]/;

/** @param {string} text typed by somebody @returns {string} the same, which turns nothing around it */
export function isolated(text) {
    const plain = text.replace(DIRECTIONS, "");
    return TO_THE_LEFT.test(plain) ? `\u2068${plain}\u2069` : plain;
}

/** @param {(string | false | null | undefined)[]} parts empty ones are left out @returns {string} with points between */
export function joined(...parts) {
    return parts.filter((part) => typeof part === "string" && part !== "").map((part) => isolated(String(part))).join(" · ");
}
