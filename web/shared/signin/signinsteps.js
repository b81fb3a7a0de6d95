/**
 * What comes between a right password and the desk: six digits, an own password, enrolling a telephone. Comes late:
 * most sign-ins of a demo, and every station, never need it. Owns: one small form a step. Must never keep a secret
 * after its form is gone.
 */

/** @import {Me} from "./signin.js" */

import { icon, make, setText } from "../base/dom.js";
import { call, codeOf, HttpError } from "../base/http.js";
import { alsoSay, errorText, say, t } from "../base/i18n.js";

const SVG = "http://www.w3.org/2000/svg";
// A sign-in that was left for a quarter of an hour begins again.
const GONE = ["not_signed_in", "not_now"];

/** @typedef {{next?: string}} Due */

/**
 * Shows one form after the other until the sign-in is whole.
 * @param {HTMLElement} box @param {string} first the step that is due
 * @returns {Promise<Me | null>} null: it took too long or was given up
 */
export async function goThrough(box, first) {
    await alsoSay("people");
    /** @type {string | undefined} */
    let step = first;
    /** @type {any} */
    let answer = null;
    while (step) {
        answer = await (step === "totp" ? askTotp(box) : step === "new_password" ? askPassword(box) : enrol(box));
        step = answer?.next;
    }
    return answer;
}

/** @param {HTMLElement} box @returns {Promise<any>} */
function askTotp(box) {
    const field = digits();
    return form(box, "step.totp", [said("p", "step.totp.text"), field.row], field.input,
        () => call("POST", "/api/session/totp", { code: field.input.value }));
}

/** @param {HTMLElement} box @returns {Promise<any>} */
function askPassword(box) {
    const one = secret("step.password.new", "new-password");
    const again = secret("step.password.again", "new-password");
    return form(box, "step.password", [said("p", "step.password.text"), one.row, again.row], one.input, () => {
        if (one.input.value !== again.input.value) throw new HttpError(422, "password_differs");
        return call("POST", "/api/session/password", { password: one.input.value });
    });
}

/** @param {HTMLElement} box @returns {Promise<any>} */
async function enrol(box) {
    /** @type {{secret: string, uri: string, qr: {size: number, path: string}}} */
    let made;
    try {
        made = await call("POST", "/api/session/totp-enrolment");
    } catch {
        return null;
    }
    const field = digits();
    const words = made.secret.match(/.{1,4}/g)?.join(" ") ?? made.secret;
    const open = make("a", { class: "button quiet", href: made.uri }, icon("key"), said("span", "step.enrol.here"));
    const byHand = make("details", {}, said("summary", "step.enrol.by_hand"), make("p", { class: "secret", translate: "no" }, words), open);
    const parts = [said("p", "step.enrol.text"), drawing(made.qr), byHand, field.row];
    return form(box, "step.enrol", parts, field.input,
        () => call("POST", "/api/session/totp-enrolment/confirmation", { code: field.input.value }));
}

/**
 * One step: resolves with the server's answer once it took it.
 * @param {HTMLElement} box @param {string} title @param {Node[]} parts @param {HTMLInputElement} first
 * @param {() => Promise<any>} send
 * @returns {Promise<any>}
 */
function form(box, title, parts, first, send) {
    const error = make("p", { class: "error-text", role: "alert", id: "step-error" });
    const submit = make("button", { type: "submit", class: "button" }, icon("check"), said("span", "step.go_on"));
    const back = make("button", { type: "button", class: "button quiet", "data-action": "step-back" }, said("span", "step.back"));
    const heading = said("h2", title);
    const element = make("form", { class: "card", "data-form": title.replace(".", "-"), novalidate: "" },
        heading, ...parts, error, submit, back);
    first.setAttribute("aria-describedby", "step-error");
    box.replaceChildren(element);
    first.focus();
    return new Promise((resolve) => {
        back.addEventListener("click", () => {
            void call("DELETE", "/api/session").catch(() => null).then(() => resolve(null));
        });
        element.addEventListener("submit", async (event) => {
            event.preventDefault();
            setText(error, "");
            submit.disabled = true;
            try {
                resolve(await send());
            } catch (problem) {
                const code = codeOf(problem);
                if (GONE.includes(code)) resolve(null);
                setText(error, errorText(code));
                first.select();
            } finally {
                submit.disabled = false;
            }
        });
    });
}

/** @returns {{row: HTMLElement, input: HTMLInputElement}} */
function digits() {
    const input = make("input", { id: "six-digits", name: "code", class: "code", required: "", maxlength: "9", inputmode: "numeric",
        autocomplete: "one-time-code", spellcheck: "false" });
    return { row: make("div", { class: "field" }, label("step.totp.code", "six-digits"), input), input };
}

/** @param {string} key @param {string} autocomplete @returns {{row: HTMLElement, input: HTMLInputElement}} */
function secret(key, autocomplete) {
    const id = key.replaceAll(".", "-");
    const input = make("input", { id, name: id, type: "password", required: "", maxlength: "256", autocomplete });
    return { row: make("div", { class: "field" }, label(key, id), input), input };
}

/** @param {string} key @param {string} id */
function label(key, id) {
    const element = said("label", key);
    element.setAttribute("for", id);
    return element;
}

/** @param {keyof HTMLElementTagNameMap} tag @param {string} key */
function said(tag, key) {
    const element = make(tag);
    say(element, key);
    return element;
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
