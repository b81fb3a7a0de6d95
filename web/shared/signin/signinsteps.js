/**
 * What comes between a right password and the desk: the second factor, an own password, connecting a telephone or a
 * passkey. Comes late: most sign-ins of a demo, and every station, never need it. Owns: which form follows which.
 */

/** @import {Me} from "./signin.js" */
/** @import {Other} from "./stepform.js" */

import { call, HttpError } from "../base/http.js";
import { alsoSay } from "../base/i18n.js";
import { passkeysHere, sign } from "./passkeys.js";
import { digits, paperCode, said, secret, stepForm } from "./stepform.js";

/** @typedef {"passkey" | "totp" | "recovery_code"} Way */
/** @typedef {{next?: string, ways?: Way[]}} Due */

const ICONS = { passkey: "key", totp: "windows", recovery_code: "paper" };
const back = () => call("DELETE", "/api/session");

/**
 * Shows one form after the other until the sign-in is whole.
 * @param {HTMLElement} box @param {Due} first what is due
 * @returns {Promise<Me | null>} null: it took too long or was given up
 */
export async function goThrough(box, first) {
    await alsoSay("people");
    /** @type {any} */
    let answer = first;
    while (answer?.next) {
        const { next, ways } = /** @type {Due} */ (answer);
        answer = await (next === "second_factor" ? askSecondFactor(box, ways ?? []) : next === "new_password" ? askPassword(box) : enrol(box));
    }
    return answer;
}

/** @param {HTMLElement} box @param {Way[]} ways those that this person has @returns {Promise<any>} */
async function askSecondFactor(box, ways) {
    const possible = ways.filter((way) => way !== "passkey" || passkeysHere());
    const offered = possible.length ? possible : ways;
    /** @type {any} */
    let answer = offered[0] ?? "totp";
    while (typeof answer === "string") {
        const way = /** @type {Way} */ (answer);
        const others = offered.filter((other) => other !== way).map((other) => ({ key: `way.${other}`, icon: ICONS[other], value: other }));
        answer = await ASK[way](box, others);
    }
    return answer;
}

/** @type {Record<Way, (box: HTMLElement, others: Other[]) => Promise<any>>} */
const ASK = {
    totp(box, others) {
        const field = digits();
        const send = () => call("POST", "/api/session/totp", { code: field.input.value });
        return stepForm(box, { title: "step.totp", parts: [said("p", "step.totp.text"), field.row], first: field.input, send, others, back });
    },
    passkey(box, others) {
        const send = async () => {
            const credential = await sign(await call("POST", "/api/session/passkey"));
            return call("POST", "/api/session/passkey/confirmation", { credential });
        };
        return stepForm(box, { title: "step.passkey", parts: [said("p", "step.passkey.text")], submit: "step.passkey.use", send, others, back });
    },
    recovery_code(box, others) {
        const field = paperCode();
        const send = () => call("POST", "/api/session/recovery", { code: field.input.value });
        return stepForm(box, { title: "step.recovery", parts: [said("p", "step.recovery.text"), field.row], first: field.input, send, others, back });
    },
};

/** @param {HTMLElement} box @returns {Promise<any>} */
function askPassword(box) {
    const one = secret("step.password.new", "new-password");
    const again = secret("step.password.again", "new-password");
    const send = async () => {
        if (one.input.value !== again.input.value) throw new HttpError(422, "password_differs");
        return call("POST", "/api/session/password", { password: one.input.value });
    };
    const parts = [said("p", "step.password.text"), one.row, again.row];
    return stepForm(box, { title: "step.password", parts, first: one.input, send, back });
}

/** A telephone, or a passkey; then the sheet of codes for the day when it is lost. @param {HTMLElement} box @returns {Promise<any>} */
async function enrol(box) {
    const { connectPasskey, connectTelephone, showSheet } = await import("./connecting.js");
    /** @type {any} */
    let answer = "totp";
    while (typeof answer === "string") {
        const others = passkeysHere() ? [answer === "totp" ? { key: "way.enrol.passkey", icon: "key", value: "passkey" }
            : { key: "way.enrol.totp", icon: "windows", value: "totp" }] : [];
        answer = await (answer === "totp" ? connectTelephone(box, { others, back }) : connectPasskey(box, { others, back }));
    }
    if (answer && !answer.next) await showSheet(box);
    return answer;
}
