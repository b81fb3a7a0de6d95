/**
 * The accounts, for administrators: make, change, disable and enable them, and reset their sign-in. Owns: this section.
 * Must never keep a one-time password longer than it is shown.
 */

/** @import {Me} from "../../shared/signin/signin.js" */

import { create } from "../../shared/requests/create.js";
import { icon, make } from "../../shared/base/dom.js";
import { confirm } from "../../shared/base/frame.js";
import { call } from "../../shared/base/http.js";
import { t } from "../../shared/base/i18n.js";
import { joined } from "../../shared/base/isolate.js";
import { button, choice, field, form, heading, said, ticks, told, tried } from "./parts.js";
import { proven } from "./prove.js";

const ROLES = ["clinician", "mediator", "coordinator", "records_officer", "auditor", "administrator"];
const SPECIALTIES = ["general", "obstetrics", "midwifery", "paediatrics", "surgery", "internal_medicine", "cardiology",
    "dermatology", "ophthalmology", "psychiatry", "psychology", "law", "social_work"];
const SPOKEN = ["fr", "bm", "ff", "ses", "snk", "taq", "dtk", "myk", "spp", "ar", "en"];

/**
 * @typedef {object} Person
 * @property {string} account_id
 * @property {string} login
 * @property {string} name
 * @property {string} role
 * @property {string} site
 * @property {string | null} gender
 * @property {boolean} disabled
 * @property {boolean} has_second_factor
 * @property {boolean} must_change_password
 * @property {string} provider_subject the person's subject at the hospital's OpenID Connect provider; "": none
 * @property {string[]} specialties
 * @property {string[]} languages
 */

/** @param {HTMLElement} box @param {Me} me */
export async function open(box, me) {
    const list = make("ul", { class: "lines" });
    const news = make("div");
    /** @type {{name: string}} the provider; an empty name: none */
    const { name: provider } = await call("GET", "/api/oidc");
    const fresh = () => fill(list, news, me, provider);
    const wanted = form("new-account", [said("h2", "accounts.new"), field("accounts.login", "new-login", { required: "", autocapitalize: "none", spellcheck: "false" }),
        ...profileFields("new-")], "accounts.new.submit", async (data, sent) => {
        const made = await proven(() => create("/api/accounts", { login: String(data.get("new-login") ?? ""), ...profile(data, "new-") }));
        if (!made) return;
        news.replaceChildren(told("accounts.password", made.password));
        sent.reset();
        await fresh();
        news.scrollIntoView({ block: "center" });
    });
    box.append(heading("office.accounts"), list, news, wanted);
    await fresh();
}

/** @param {HTMLElement} list @param {HTMLElement} news @param {Me} me @param {string} provider */
async function fill(list, news, me, provider) {
    /** @type {Person[]} */
    const people = await call("GET", "/api/accounts");
    list.replaceChildren(...people.map((one) => line(one, me, news, provider, () => fill(list, news, me, provider))));
}

/** @param {Person} one @param {Me} me @param {HTMLElement} news @param {string} provider @param {() => Promise<void>} fresh @returns {HTMLElement} */
function line(one, me, news, provider, fresh) {
    const state = one.disabled ? "accounts.disabled" : one.must_change_password ? "accounts.first" : one.has_second_factor ? "accounts.active" : "accounts.no_totp";
    const skills = [...one.specialties.map((key) => t(`specialty.${key}`)), ...one.languages.map((key) => t(`spoken.${key}`))].join(", ");
    const what = make("div", { class: "what" }, make("strong", {}, one.name),
        make("span", {}, joined(one.login, t(`role.${one.role}`), one.site)),
        make("span", { class: "soft" }, skills), said("span", state));
    if (one.provider_subject) what.append(make("span", {}, t("provider.linked", { provider, subject: one.provider_subject })));
    const row = make("li", { class: "card line" }, icon(one.role === "clinician" ? "doctor" : "person"), what);
    // The own account is not disabled or changed here, so that one administrator always stays.
    if (one.account_id === me.participant_id) return row;
    const act = (/** @type {() => Promise<unknown>} */ wish) => void tried(async () => {
        await proven(wish);
        await fresh();
    });
    row.append(make("div", { class: "acts" },
        button("accounts.change", "person", () => change(row, one, fresh)),
        button("accounts.reset", "key", () => void tried(() => reset(one, news, fresh))),
        button(one.disabled ? "accounts.enable" : "accounts.disable", one.disabled ? "check" : "cross", () => void shut(one).then((going) => {
            if (going) act(() => call("PUT", `/api/accounts/${one.account_id}/disabled`, { disabled: !one.disabled }));
        })),
        ...(provider ? [button("provider.link", "windows", () => link(row, one, provider, fresh))] : [])));
    return row;
}

/** Asks before an account is disabled; enabling needs no question. @param {Person} one @returns {Promise<boolean>} */
async function shut(one) {
    const words = { title: "accounts.disable.title", text: "accounts.disable.text", yes: "accounts.disable.yes", no: "accounts.disable.no", icon: "cross" };
    return one.disabled || confirm(words, one.name);
}

/** @param {Person} one @param {HTMLElement} news @param {() => Promise<void>} fresh */
async function reset(one, news, fresh) {
    const words = { title: "reset.title", text: "reset.text", yes: "reset.yes", no: "reset.no", icon: "key" };
    if (!(await confirm(words))) return;
    const made = await proven(() => create(`/api/accounts/${one.account_id}/reset`));
    if (!made) return;
    news.replaceChildren(told("accounts.password", made.password));
    await fresh();
    news.scrollIntoView({ block: "center" });
}

/** @param {HTMLElement} row @param {Person} one @param {() => Promise<void>} fresh */
function change(row, one, fresh) {
    const prefix = `${one.account_id}-`;
    const edit = form("account", profileFields(prefix), "accounts.save", async (data) => {
        const body = profile(data, prefix);
        if ((await proven(async () => (await call("PUT", `/api/accounts/${one.account_id}`, body)) ?? true)) !== null) await fresh();
    });
    const set = (/** @type {string} */ name, /** @type {string} */ value) => {
        const element = edit.elements.namedItem(prefix + name);
        if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement) element.value = value;
    };
    for (const name of /** @type {const} */ (["name", "site", "role"])) set(name, one[name]);
    set("gender", one.gender ?? "");
    for (const tick of edit.querySelectorAll("input[type=checkbox]")) {
        if (tick instanceof HTMLInputElement) tick.checked = [...one.specialties, ...one.languages].includes(tick.value);
    }
    row.replaceChildren(edit);
}

/** @param {HTMLElement} row @param {Person} one @param {string} provider @param {() => Promise<void>} fresh */
function link(row, one, provider, fresh) {
    const path = `/api/accounts/${one.account_id}/provider`;
    const id = `${one.account_id}-subject`;
    const subject = field("provider.subject", id, { required: "", maxlength: "255", autocapitalize: "none", spellcheck: "false", "aria-describedby": `${id}-help`, value: one.provider_subject });
    const sure = async (/** @type {() => Promise<unknown>} */ act) => {
        if ((await proven(async () => (await act()) ?? true)) !== null) await fresh();
    };
    const edit = form("provider", [make("h2", {}, one.name), make("p", {}, t("provider.title", { provider })),
        subject, make("p", { class: "soft", id: `${id}-help` }, t("provider.text", { provider }))], "provider.save",
    (data) => sure(() => call("PUT", path, { subject: String(data.get(id) ?? "").trim() })));
    const acts = make("div", { class: "acts-left" }, button("provider.no", "cross", () => void tried(fresh)));
    if (one.provider_subject) acts.append(button("provider.unlink", "leave", () => void tried(async () => {
        const words = { title: "provider.unlink.title", text: "provider.unlink.text", yes: "provider.unlink.yes", no: "provider.unlink.no", icon: "leave" };
        if (await confirm(words, one.name)) await sure(() => call("DELETE", path));
    }), "button danger small"));
    edit.append(acts);
    row.replaceChildren(edit);
    const input = edit.elements.namedItem(id);
    if (input instanceof HTMLInputElement) input.focus();
}

/** @param {string} prefix distinguishes the ids of two forms @returns {HTMLElement[]} */
function profileFields(prefix) {
    return [
        field("accounts.name", `${prefix}name`, { required: "" }),
        choice("accounts.role", `${prefix}role`, ROLES.map((key) => [key, t(`role.${key}`)])),
        field("accounts.site", `${prefix}site`),
        choice("accounts.gender", `${prefix}gender`, [["", t("gender.unsaid")], ["woman", t("gender.woman")], ["man", t("gender.man")]]),
        ticks("accounts.specialties", `${prefix}specialties`, SPECIALTIES.map((key) => [key, t(`specialty.${key}`)])),
        ticks("accounts.languages", `${prefix}languages`, SPOKEN.map((key) => [key, t(`spoken.${key}`)])),
    ];
}

/** @param {FormData} data @param {string} prefix */
function profile(data, prefix) {
    const text = (/** @type {string} */ name) => String(data.get(prefix + name) ?? "").trim();
    return {
        name: text("name"),
        role: text("role"),
        site: text("site"),
        gender: text("gender") || null,
        specialties: data.getAll(`${prefix}specialties`),
        languages: data.getAll(`${prefix}languages`),
    };
}
