/**
 * The office: where coordinators, administrators, auditors and records officers work. Owns: sign-in and which
 * section is open. Must never show clinical content; nobody here may read it.
 */

/** @import {Me} from "../shared/signin/signin.js" */
/** @import {Section} from "./sections.js" */

import { find, icon, make, onActions, setText, showView } from "../shared/base/dom.js";
import { notice, startFrame } from "../shared/base/frame.js";
import { codeOf, HttpError } from "../shared/base/http.js";
import { alsoSay, errorText, onLanguage, say, startLanguage } from "../shared/base/i18n.js";
import { SignIn, signOut } from "../shared/signin/signin.js";
import { SECTIONS } from "./sections.js";

/** @type {Me | null} */
let me = null;
/** @type {Section | null} */
let open = null;
let stopAlarms = () => {};

const nav = find("[data-sections]", HTMLElement);
const box = find("[data-section]", HTMLElement);
const signIn = new SignIn(find("[data-for=sign-in]", HTMLElement), "office", (who) => void enter(who));

/** @param {Me} who */
async function enter(who) {
    me = who;
    await alsoSay("people");
    setText(find("[data-name]", HTMLElement), [who.name, who.site].filter(Boolean).join(" · "));
    const mine = SECTIONS.filter(({ roles }) => roles === null || roles.includes(who.role));
    nav.replaceChildren(...mine.map(tab));
    showView("desk");
    stopAlarms();
    if (who.role === "coordinator") stopAlarms = (await import("./alarms.js")).watchAlarms(nav);
    const first = mine.find(({ id }) => `#${id}` === location.hash) ?? mine[0];
    if (first) await show(first);
}

/** @param {Section} section @returns {HTMLElement} */
function tab(section) {
    const words = make("span");
    say(words, `office.${section.id}`);
    return make("button", { type: "button", class: "tab", "data-action": "section", "data-id": section.id }, icon(section.icon), words);
}

/** @param {Section} section */
async function show(section) {
    open = section;
    for (const button of nav.querySelectorAll("[data-id]")) {
        if (button.getAttribute("data-id") === section.id) button.setAttribute("aria-current", "page");
        else button.removeAttribute("aria-current");
    }
    history.replaceState(null, "", `#${section.id}`);
    const fresh = make("div", { class: "section" });
    box.replaceChildren(fresh);
    try {
        const { open: fill } = await section.load();
        if (open === section && me) await fill(fresh, me);
        const heading = fresh.querySelector("h1");
        if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
        if (problem instanceof HttpError && problem.code === "not_signed_in") leave();
    }
}

function leave() {
    me = null;
    open = null;
    stopAlarms();
    box.replaceChildren();
    nav.replaceChildren();
    setText(find("[data-name]", HTMLElement), "");
    showView("sign-in");
}

async function endSession() {
    if (await signOut()) leave();
}

/** Who is signed in was found out: somebody, or nobody yet. */
function begun() {
    if (!me) showView("sign-in");
}

onActions({
    section: (button) => {
        const wanted = SECTIONS.find(({ id }) => id === button.dataset.id);
        if (wanted) void show(wanted);
    },
    "sign-out": () => void endSession(),
    "signed-out": leave,
});
onLanguage(() => {
    if (me && open) void show(open);
});
await startLanguage();
startFrame();
await signIn.keepBeginning(begun, (problem) => notice(errorText(problem.code)));
