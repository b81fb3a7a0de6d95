/**
 * Connecting a telephone or a passkey to an account, and the sheet of recovery codes. Owns: these three forms. Must
 * never keep a secret or a code after its form is gone.
 */

/** @import {Other} from "./stepform.js" */

import { icon, make } from "../base/dom.js";
import { style } from "../base/fields.js";
import { call } from "../base/http.js";
import { t } from "../base/i18n.js";
import { create } from "./passkeys.js";
import { digits, said, stepForm } from "./stepform.js";

const SVG = "http://www.w3.org/2000/svg";
// Comes with the sheet: a first visit does not load it.
const STYLE = new URL("./sheet.css", import.meta.url).pathname;

/** @typedef {{others?: Other[], backKey?: string, back: () => Promise<unknown>}} Around what stands below the form */
/** @typedef {{secret: string, uri: string, qr: {size: number, path: string}}} Made */

/**
 * @param {HTMLElement} box @param {Around} around @param {Made | null} [ready] a secret that was asked for already
 * @returns {Promise<any>} as `stepForm`
 */
export async function connectTelephone(box, around, ready = null) {
    /** @type {Made | null} */
    const made = ready ?? await call("POST", "/api/session/totp-enrolment").catch(() => null);
    if (!made) return null;
    const field = digits();
    const words = made.secret.match(/.{1,4}/g)?.join(" ") ?? made.secret;
    const open = make("a", { class: "button quiet", href: made.uri }, icon("key"), said("span", "step.enrol.here"));
    const byHand = make("details", {}, said("summary", "step.enrol.by_hand"), make("p", { class: "secret", translate: "no" }, words), open);
    const parts = [said("p", "step.enrol.text"), drawing(made.qr), byHand, field.row];
    const send = () => call("POST", "/api/session/totp-enrolment/confirmation", { code: field.input.value });
    return stepForm(box, { title: "step.enrol", parts, first: field.input, send, ...around });
}

/** @param {HTMLElement} box @param {Around} around @returns {Promise<any>} as `stepForm` */
export function connectPasskey(box, around) {
    const send = async () => {
        const credential = await create(await call("POST", "/api/session/passkey-enrolment"));
        return call("POST", "/api/session/passkey-enrolment/confirmation", { credential });
    };
    return stepForm(box, { title: "step.enrol_passkey", parts: [said("p", "step.enrol_passkey.text")], submit: "step.enrol_passkey.make", send, ...around });
}

/**
 * Makes a new sheet of codes and shows it once; resolves when the person says that it is written down.
 * @param {HTMLElement} box @param {string[] | null} [ready] codes that were asked for already
 */
export async function showSheet(box, ready = null) {
    /** @type {string[]} */
    const codes = ready ?? await call("POST", "/api/second-factors/recovery-codes").then((made) => made.codes, () => []);
    // The codes can be made at any time from the page of one's account.
    if (!codes.length) return;
    style(STYLE);
    const list = make("ol", { class: "codes" }, ...codes.map((code) => make("li", { class: "secret", translate: "no" }, code)));
    const print = make("button", { type: "button", class: "button quiet", "data-action": "print-codes" }, icon("print"), said("span", "sheet.print"));
    const done = make("button", { type: "button", class: "button", "data-action": "codes-kept" }, icon("check"), said("span", "sheet.done"));
    const heading = said("h2", "sheet.title", { tabindex: "-1" });
    box.replaceChildren(make("div", { class: "card sheet" }, heading, said("p", "sheet.text"), list, print, done));
    heading.focus();
    print.addEventListener("click", () => window.print());
    await new Promise((resolve) => done.addEventListener("click", resolve, { once: true }));
    box.replaceChildren();
}

/** @param {{size: number, path: string}} qr @returns {Element} dark on white, whatever the page's colours are */
function drawing(qr) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${qr.size} ${qr.size}`);
    svg.setAttribute("class", "qr");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", t("step.enrol.qr"));
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", qr.path);
    svg.append(path);
    return svg;
}
