/**
 * Numbers as hands type them. Owns: taking a typed text apart into a number and what follows it. Must never take for a
 * number what only a programming language does: 0x26, 1e3.
 */

// One spelling of each: Arabic point and thousands (U+066B, U+066C), the degree that NFKC makes a letter of.
const DEGREES = /[\u00ba\u02da\u2103\u2218]/g;
const NUMBER = /^\+?(\d{1,3}(?: \d{3})+|\d+)(?: ?[.,] ?(\d+)|°(\d+))? ?(.*)$/u;

/** @param {string} typed @returns {string} one line: digits of any script as 0 to 9, one kind of blank, small letters */
export function plain(typed) {
    const text = typed.replace(DEGREES, (sign) => (sign === "\u2103" ? "°c" : "°")).normalize("NFKC");
    return text.replace(/\p{Nd}/gu, figure).replaceAll("\u066b", ",").replaceAll("\u066c", "").toLowerCase().replace(/\s+/gu, " ").trim();
}

/**
 * A number and the rest of what was typed: "38,5 °C", "3 200 g", "38°5".
 * @param {string} typed
 * @returns {{value: number, rest: string} | null} null: no hand writes a number so
 */
export function readNumber(typed) {
    const found = NUMBER.exec(plain(typed));
    if (!found) return null;
    const [, whole = "", part, degrees, rest = ""] = found;
    // What follows may be a unit, never more of a number.
    if (/^[.,]|\d/.test(rest)) return null;
    return { value: Number(`${whole.replaceAll(" ", "")}.${part ?? degrees ?? "0"}`), rest };
}

/** The digits of a script stand in a row, from its nought to its nine. @param {string} digit @returns {string} */
function figure(digit) {
    const code = digit.codePointAt(0) ?? 0;
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
    return String(value);
}
