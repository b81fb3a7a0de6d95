/**
 * The quick exit: after one tap, or Escape, this device shows a poster about washing hands. Owns: the button, and what is
 * erased. For the other side the consultation ends like any other. Must never wait for the network before the screen is
 * clean, nor leave an entry in the history to go back to. The station's key and cookies stay, because they name no patient
 * (docs/survivors.md says what stays, and why).
 */

import { icon, make } from "../../shared/base/dom.js";
import { said, style } from "../../shared/base/fields.js";
import { ownHeaders, tookChallenge } from "../../shared/base/http.js";
import { alsoSay, currentLanguage, say } from "../../shared/base/i18n.js";

const STYLE = new URL("../../shared/call/together/together.css", import.meta.url).pathname;
const LEAFLET = "/conseils";
const KEEPS = ["keneya.language"];
const TRY_AGAIN_MS = 4_000;
// Answers of a server that has no time for us: the consultation has not ended yet.
const BUSY = [408, 425, 429];

/** @type {HTMLElement | null} */
let button = null;
let caseId = "";
/** @type {() => void} */
let stop = () => undefined;

/**
 * Shows the quick exit from now on.
 * @param {string} id the case that ends with it; "" while there is none yet
 * @param {() => void} end closes camera, microphone and socket
 */
export async function arm(id, end) {
    caseId = id;
    stop = end;
    if (button) return;
    style(STYLE);
    button = make("button", { type: "button", class: "button quick-exit", "data-quick-exit": "" }, icon("leave"), make("span"));
    button.addEventListener("click", () => void leave());
    document.body.append(button);
    document.addEventListener("keydown", onKey, true);
    await alsoSay("together");
    const words = button?.lastElementChild;
    // A telephone has no Escape key.
    if (words) say(words, matchMedia("(any-hover: hover) and (any-pointer: fine)").matches ? "exit.button.keys" : "exit.button");
}

/** Takes the quick exit away. */
export function disarm() {
    button?.remove();
    button = null;
    caseId = "";
    document.removeEventListener("keydown", onKey, true);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    void leave();
}

async function leave() {
    const ending = caseId;
    disarm();
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    document.body.replaceChildren(leaflet());
    document.body.dataset.view = "leaflet";
    document.title = "Se laver les mains";
    history.replaceState(null, "", `${LEAFLET}#${currentLanguage()}`);
    wipe();
    stop();
    if (ending) await told(`/api/cases/${ending}/exit`);
    // A reload frees what scripts still hold in memory; while the network is away, the poster stays as it is.
    if (await reaches(LEAFLET)) location.reload();
}

/** @returns {HTMLElement} the same content as the page `LEAFLET` */
function leaflet() {
    const steps = ["leaflet.wet", "leaflet.soap", "leaflet.rinse", "leaflet.when"].map((key) => said("li", key));
    return make("main", { class: "leaflet" }, said("h1", "leaflet.title"), make("ol", {}, ...steps));
}

function wipe() {
    for (const storage of [sessionStorage, localStorage]) {
        try {
            for (const key of Object.keys(storage)) if (!KEEPS.includes(key)) storage.removeItem(key);
        } catch {
            // Some kiosk modes refuse storage: then it holds nothing.
        }
    }
    // Photos of another patient that were still on their way.
    window.indexedDB?.deleteDatabase("keneya-photos");
}

/** Repeats the request until the server has answered. @param {string} path */
async function told(path) {
    for (;;) {
        try {
            const response = await ask(path);
            if (tookChallenge(response)) continue;
            if (response.status < 500 && !BUSY.includes(response.status)) return;
        } catch {
            // The link is away.
        }
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
}

/** @param {string} path */
async function ask(path) {
    const headers = await ownHeaders("POST", path);
    return fetch(path, { method: "POST", headers, keepalive: true, cache: "no-store", credentials: "same-origin" });
}

/** @param {string} path @returns {Promise<boolean>} */
async function reaches(path) {
    return fetch(path, { cache: "no-store" }).then((response) => response.ok, () => false);
}
