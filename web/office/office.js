/**
 * The office of coordinators, administrators, auditors and records officers. Owns: the frame around the sections, and
 * turning presses into messages for its state. Must never show clinical content; nobody here may read it.
 */

/** @import {Me} from "../shared/signin/signin.js" */
/** @import {State} from "./state.js" */
/** @import {View} from "./view.js" */

import { Store } from "../shared/base/store.js";
import { find, icon, make, onActions, setText, showView } from "../shared/base/dom.js";
import { notice, startFrame } from "../shared/base/frame.js";
import { codeOf, HttpError } from "../shared/base/http.js";
import { alsoSay, errorText, onLanguage, say, startLanguage } from "../shared/base/i18n.js";
import { SignIn, signOut } from "../shared/signin/signin.js";
import { SECTIONS } from "./sections.js";
import { reduce, START } from "./state.js";
import { sectionsOf, view } from "./view.js";

const store = new Store(START, reduce);
const nav = find("[data-sections]", HTMLElement);
const box = find("[data-section]", HTMLElement);
const signIn = new SignIn(find("[data-for=sign-in]", HTMLElement), "office", (me) => void enter(me));
let stopAlarms = () => {};

store.subscribe((state, before) => {
    draw(view(state));
    void follow(state, before);
});

/** @param {View} shown */
function draw({ screen, name, tabs }) {
    setText(find("[data-name]", HTMLElement), name);
    const ids = [...nav.children].map((tab) => tab.getAttribute("data-id"));
    if (ids.join() !== tabs.map(({ id }) => id).join()) nav.replaceChildren(...tabs.map(makeTab));
    for (const { id, isOpen } of tabs) {
        const tab = find(`[data-id=${id}]`, HTMLElement, nav);
        if (isOpen) tab.setAttribute("aria-current", "page");
        else tab.removeAttribute("aria-current");
    }
    showView(screen);
}

/** @param {View["tabs"][number]} tab @returns {HTMLElement} */
function makeTab({ id, icon: picture, text }) {
    const words = make("span");
    say(words, text);
    return make("button", { type: "button", class: "tab", "data-action": "section", "data-id": id }, icon(picture), words);
}

/** Does what follows from a change, besides drawing. @param {State} state @param {State} before */
async function follow(state, before) {
    if (state.me !== before.me) {
        stopAlarms();
        stopAlarms = () => {};
        if (!state.me) box.replaceChildren();
        // Load the line of alarms before the first section requests data.
        if (view(state).showsAlarms) stopAlarms = (await import("./alarms.js")).watchAlarms(nav);
    }
    if (state.opened !== before.opened) await fill(state);
}

/** Fills the section that was opened. @param {State} state */
async function fill(state) {
    const section = SECTIONS.find(({ id }) => id === state.section);
    if (!section || !state.me) return;
    history.replaceState(null, "", `#${section.id}`);
    const fresh = make("div", { class: "section" });
    box.replaceChildren(fresh);
    try {
        const { open } = await section.load();
        if (store.state.me && store.state.section === section.id) await open(fresh, store.state.me);
        const heading = fresh.querySelector("h1");
        if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
    } catch (problem) {
        notice(errorText(codeOf(problem, "server_away")));
        if (problem instanceof HttpError && problem.code === "not_signed_in") store.dispatch({ type: "left" });
    }
}

/** @param {Me} me */
async function enter(me) {
    await alsoSay("people");
    const mine = sectionsOf(me.role);
    const first = mine.find(({ id }) => `#${id}` === location.hash) ?? mine[0];
    store.dispatch({ type: "entered", me, section: first?.id ?? "" });
}

async function endSession() {
    if (await signOut()) store.dispatch({ type: "left" });
}

onActions({
    section: (button) => store.dispatch({ type: "opened", section: button.dataset.id ?? "" }),
    "sign-out": () => void endSession(),
    "signed-out": () => store.dispatch({ type: "left" }),
});
onLanguage(() => store.dispatch({ type: "opened", section: store.state.section }));
await startLanguage();
startFrame();
await signIn.keepBeginning(() => store.dispatch({ type: "begun" }), (problem) => notice(errorText(problem.code)));
