/**
 * One's own second factors: the telephone, passkeys, the sheet of recovery codes. Owns: this part of the page of one's
 * account. Must never keep a code after it was shown.
 */

import { icon, make } from "../../shared/base/dom.js";
import { confirm } from "../../shared/base/frame.js";
import { call } from "../../shared/base/http.js";
import { t } from "../../shared/base/i18n.js";
import { connectPasskey, connectTelephone, showSheet } from "../../shared/signin/connecting.js";
import { passkeysHere } from "../../shared/signin/passkeys.js";
import { button, said, tried, when } from "./parts.js";
import { proven } from "./prove.js";

/** @typedef {{id: string, name: string, created_at: number, last_used_at: number | null}} PasskeyLine */
/** @typedef {{telephone: boolean, passkeys: PasskeyLine[], recovery_codes: number}} OwnFactors */

// So few that it is time for a new sheet.
const FEW_CODES = 3;

/** @returns {Promise<HTMLElement>} */
export async function secondFactors() {
    const list = make("ul", { class: "lines" });
    const form = make("div", { class: "connecting" });
    await fill(list, form);
    return make("div", { class: "section" }, said("h2", "factors.title"), said("p", "factors.text", { class: "soft" }), list, form);
}

/** @param {HTMLElement} list @param {HTMLElement} form */
async function fill(list, form) {
    /** @type {OwnFactors} */
    const own = await call("GET", "/api/second-factors");
    const fresh = () => fill(list, form);
    list.replaceChildren(telephone(own.telephone, form, fresh), ...own.passkeys.map((one) => passkey(one, fresh)),
        another(form, fresh), codes(own.recovery_codes, form, fresh));
}

/** @param {boolean} isConnected @param {HTMLElement} form @param {() => Promise<void>} fresh */
function telephone(isConnected, form, fresh) {
    const acts = [button(isConnected ? "factors.telephone.replace" : "factors.telephone.connect", "windows", () => void tried(async () => {
        const made = await proven(() => call("POST", "/api/session/totp-enrolment"));
        if (made) await shown(form, () => connectTelephone(form, around(), made));
        await fresh();
    }))];
    if (isConnected) acts.push(remover("/api/second-factors/telephone", fresh));
    return line("windows", said("strong", "factors.telephone"), said("span", isConnected ? "factors.telephone.on" : "factors.telephone.off"), acts);
}

/** @param {PasskeyLine} one @param {() => Promise<void>} fresh */
function passkey(one, fresh) {
    const made = make("span", { class: "soft" }, t("factors.passkey.made", { made: when(one.created_at), used: when(one.last_used_at) }));
    return line("key", make("strong", {}, t("factors.passkey", { name: one.name || t("own.unknown") })), made,
        [remover(`/api/second-factors/passkeys/${one.id}`, fresh)]);
}

/** @param {HTMLElement} form @param {() => Promise<void>} fresh */
function another(form, fresh) {
    const add = button("factors.passkey.add", "key", () => void tried(async () => {
        // Asking for the options says whether the password is wanted first; those of the form are asked for anew.
        if (!(await proven(() => call("POST", "/api/session/passkey-enrolment")))) return;
        await shown(form, () => connectPasskey(form, around()));
        await fresh();
    }));
    add.disabled = !passkeysHere();
    return line("key", said("strong", "factors.passkeys"), said("span", add.disabled ? "error.passkey_not_here" : "factors.passkeys.text", { class: "soft" }), [add]);
}

/** @param {number} left @param {HTMLElement} form @param {() => Promise<void>} fresh */
function codes(left, form, fresh) {
    const words = make("span", left <= FEW_CODES ? { class: "error-text" } : {}, t("factors.codes.left", { count: left }));
    const renew = button("factors.codes.new", "paper", () => void tried(async () => {
        const ask = { title: "factors.codes.ask", text: "factors.codes.ask.text", yes: "factors.codes.ask.yes", no: "factors.no", icon: "paper" };
        if (left && !(await confirm(ask))) return;
        const made = await proven(() => call("POST", "/api/second-factors/recovery-codes"));
        if (made) await shown(form, () => showSheet(form, made.codes));
        await fresh();
    }));
    return line("paper", said("strong", "factors.codes"), words, [renew]);
}

/** @param {string} path @param {() => Promise<void>} fresh */
function remover(path, fresh) {
    return button("factors.remove", "cross", () => void tried(async () => {
        const words = { title: "factors.remove.title", text: "factors.remove.text", yes: "factors.remove.yes", no: "factors.no", icon: "cross" };
        if (!(await confirm(words))) return;
        await proven(async () => (await call("DELETE", path)) ?? true);
        await fresh();
    }), "button danger small");
}

/** @param {string} picture @param {HTMLElement} name @param {HTMLElement} state @param {HTMLElement[]} acts */
function line(picture, name, state, acts) {
    return make("li", { class: "card line" }, icon(picture), make("div", { class: "what" }, name, state), make("div", { class: "acts" }, ...acts));
}

/** @param {HTMLElement} form @param {() => Promise<unknown>} work a form in it, which is gone afterwards */
async function shown(form, work) {
    const done = work();
    form.scrollIntoView({ block: "center" });
    await done;
    form.replaceChildren();
}

function around() {
    return { backKey: "factors.no", back: async () => null };
}
