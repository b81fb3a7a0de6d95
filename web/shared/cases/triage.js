/**
 * What delays an intake. Owns: the colour for danger signs, and the one confirmation of unusual measurements. Pure: no
 * document. Must never lower an urgency, nor delay a very urgent case.
 */


const SETTLED = ["empty", "fine", "unusual"];

/** @param {string} chosen @param {string[]} flags danger signs @returns {string} the colour of the case, as the server gives it */
export function colourOf(chosen, flags) {
    return flags.length ? "red" : chosen;
}

/**
 * @param {string} colour @param {Iterable<string>} verdicts of the measurements @param {boolean} isSure somebody has looked again
 * @returns {{asked: boolean, warns: boolean, holds: boolean}} `asked`: one confirmation of everything unusual is asked for;
 *     `warns`: a warning stands beside each measurement; `holds`: the case waits for the confirmation
 */
export function confirmation(colour, verdicts, isSure) {
    const asked = [...verdicts].includes("unusual");
    const warns = asked && !isSure;
    return { asked, warns, holds: warns && colour !== "red" };
}

/**
 * Whether a measurement that is not understood, or that may mean something else, goes to the clinician as it was typed.
 * @param {string} colour @param {string} verdict of the measurement @returns {boolean} false: it is settled first
 */
export function goesAsTyped(colour, verdict) {
    return colour === "red" && !SETTLED.includes(verdict);
}
