/**
 * The patient's agreement: the explanation in the patient's own language, and the answer. Owns: one question at a time,
 * until the server has the answer on disk. Must never answer for anybody: the form preselects only the most frequent
 * circumstances. A text that was read to patients never changes: shared/cases/consents/ has a file for each version.
 */

import { create } from "../../shared/requests/create.js";
import { icon, make, setText } from "../../shared/base/dom.js";
import { codeOf, HttpError } from "../../shared/base/http.js";
import { alsoSay, currentLanguage, errorText, say } from "../../shared/base/i18n.js";

/**
 * @typedef {"teleconsultation" | "group" | "referral" | "third_person"} Subject what is explained; each has its own text
 */
/** @typedef {{caseId: string, subject?: Subject, recipient?: string, language?: string}} About */
/** @typedef {{title: string, points: [string, string][], question: string}} Words */

const STYLE = new URL("./consent.css", import.meta.url).pathname;
// The newest version of each text; older files stay, because older answers name them.
const TEXTS = {
    teleconsultation: "teleconsultation-2", group: "group-1", recording: "recording-1", referral: "referral-2",
    third_person: "third_person-1",
};
// The language of most patients comes first, whatever the language of the page.
const SPOKEN = ["bm", "fr", "en"];
const GIVERS = ["patient", "mother", "father", "guardian", "relative", "emergency"];
const WAYS = ["spoken", "signed", "thumb"];
const NAME_KEY = "keneya.explained_by";

/**
 * Asks, and waits until the answer is on disk.
 * @param {HTMLElement} box emptied and filled
 * @param {About} about `recipient`: a code of the catalogs under `recipient.`; `language`: the patient's, if it is known
 * @returns {Promise<boolean | null>} yes or no; null: closed without an answer
 */
export async function askConsent(box, about) {
    if (!document.querySelector(`link[href="${STYLE}"]`)) document.head.append(make("link", { rel: "stylesheet", href: STYLE }));
    const textId = TEXTS[about.subject ?? "teleconsultation"];
    const [words, names] = await Promise.all([textOf(textId), namesOf(about.recipient), alsoSay("consent")]);
    return new Promise((resolve) => {
        const step = new ConsentStep(about, textId, words, names, (answer) => {
            box.replaceChildren();
            resolve(answer);
        });
        box.replaceChildren(step.element);
        step.heading.focus();
    });
}

/** @param {string} textId @returns {Promise<Record<string, Words>>} by language */
async function textOf(textId) {
    const response = await fetch(new URL(`../../shared/cases/consents/${textId}.json`, import.meta.url));
    if (!response.ok) throw new HttpError(response.status, "error");
    return response.json();
}

/**
 * The name of the recipient in each language that is read out: a patient must hear a name, never a code.
 * @param {string} [recipient] @returns {Promise<Record<string, string>>} by language
 */
async function namesOf(recipient) {
    if (!recipient) return {};
    const { wordsIn } = await import("../../shared/cases/casesheet.js");
    return Object.fromEntries(await Promise.all(SPOKEN.map(async (language) => {
        const words = await wordsIn(/** @type {import("../../shared/base/i18n.js").Language} */ (language));
        const known = words(`recipient.${recipient}`);
        return [language, known === `recipient.${recipient}` ? words(`specialty.${recipient}`) : known];
    })));
}

class ConsentStep {
    #language = "bm";
    #title = make("h2");
    #list = make("ul", { class: "consent-words" });
    #question = make("p", { class: "consent-question" });
    #error = make("p", { class: "error-text", role: "alert" });
    #emergency = said("p", "consent.emergency", "consent-emergency");
    #aloud = make("button", { type: "button", class: "button quiet" }, icon("speaker"), said("span", "consent.aloud"));
    #form = make("form", { class: "card", novalidate: "", "data-form": "consent" });
    #giver = make("select", { name: "giver" });
    #giverName = make("input", { name: "giver_name", maxlength: "200", autocomplete: "off" });
    #explainedBy = make("input", { name: "explained_by", maxlength: "200", autocomplete: "off", required: "" });
    #yes = answer("button", "check", "consent.yes");
    #no = answer("button quiet", "cross", "consent.no");

    /**
     * @param {About} about
     * @param {string} textId
     * @param {Record<string, Words>} words
     * @param {Record<string, string>} names the recipient, by language
     * @param {(answer: boolean | null) => void} done
     */
    constructor(about, textId, words, names, done) {
        this.about = about;
        this.textId = textId;
        this.words = words;
        this.names = names;
        this.done = done;
        this.heading = said("h1", "consent.title");
        this.heading.tabIndex = -1;
        this.heading.dataset.heading = "";
        const back = make("button", { type: "button", class: "button quiet" }, said("span", "consent.back"));
        back.addEventListener("click", () => this.#leave(null));
        this.#fill();
        const told = make("div", { class: "consent" }, this.#languages(), said("p", "consent.text", "soft"),
            make("div", { class: "card consent-words" }, this.#title, this.#list), this.#aloud);
        this.element = make("div", { class: "consent" }, make("div", { class: "consent-head" }, this.heading, back),
            make("div", { class: "consent-body" }, told, this.#form));
        this.#yes.addEventListener("click", () => void this.#send(true));
        this.#no.addEventListener("click", () => void this.#send(false));
        this.#explainedBy.addEventListener("input", () => setText(this.#error, ""));
        this.#form.addEventListener("submit", (event) => event.preventDefault());
        this.#aloud.addEventListener("click", () => this.#readAloud());
        const wanted = about.language || currentLanguage();
        this.#speak(SPOKEN.includes(wanted) ? wanted : "bm");
        this.#showGiver();
    }

    #fill() {
        for (const giver of GIVERS) {
            // Nobody decides for a patient where a letter goes: a referral can wait until somebody can be asked.
            if (giver === "emergency" && this.about.subject === "referral") continue;
            const option = make("option", { value: giver });
            say(option, `consent.giver.${giver}`);
            this.#giver.append(option);
        }
        this.#giver.addEventListener("change", () => this.#showGiver());
        this.#explainedBy.value = remembered();
        const ways = make("div", { class: "consent-languages" });
        for (const how of WAYS) ways.append(pick("how", how, `consent.how.${how}`, how === WAYS[0]));
        const giver = field("consent.giver", this.#giver);
        giver.classList.add("consent-giver");
        this.#form.append(this.#question, giver, field("consent.giver_name", this.#giverName), this.#emergency,
            group("consent.how", ways), field("consent.explained_by", this.#explainedBy), this.#error,
            make("div", { class: "consent-answers" }, this.#yes, this.#no));
    }

    #languages() {
        const row = make("div", { class: "consent-languages" });
        for (const one of SPOKEN) {
            const label = pick("consent_language", one, `consent.language.${one}`, false);
            label.addEventListener("change", () => this.#speak(one));
            row.append(label);
        }
        return group("consent.language", row);
    }

    /** @param {string} language */
    #speak(language) {
        this.#language = language;
        window.speechSynthesis?.cancel();
        const { title, points, question } = this.#said();
        setText(this.#title, title);
        this.#list.replaceChildren(...points.map(([name, text]) => make("li", {}, icon(name), make("span", {}, text))));
        this.#title.lang = this.#list.lang = this.#question.lang = language;
        setText(this.#question, question);
        this.#aloud.hidden = !voiceOf(language);
        for (const input of this.element.querySelectorAll("input[name=consent_language]")) {
            if (input instanceof HTMLInputElement) input.checked = input.value === language;
        }
    }

    /** The explanation in the chosen language. @returns {Words} */
    #said() {
        const words = this.words[this.#language];
        if (!words) throw new Error(`consent ${this.textId} lacks ${this.#language}`);
        const recipient = this.names[this.#language] ?? "";
        return { ...words, points: words.points.map(([name, text]) => [name, text.replace("{recipient}", recipient)]) };
    }

    #showGiver() {
        const giver = this.#giver.value;
        const field = this.#giverName.closest(".field");
        if (field instanceof HTMLElement) field.hidden = giver === "patient" || giver === "emergency";
        this.#emergency.hidden = giver !== "emergency";
    }

    #readAloud() {
        const { points, question } = this.#said();
        const spoken = new SpeechSynthesisUtterance([...points.map(([, text]) => text), question].join(" "));
        spoken.voice = voiceOf(this.#language);
        spoken.lang = this.#language;
        speechSynthesis.cancel();
        speechSynthesis.speak(spoken);
    }

    /** @param {boolean} given */
    async #send(given) {
        const explainedBy = this.#explainedBy.value.trim();
        if (!explainedBy) {
            setText(this.#error, errorText("consent_explained_by"));
            this.#explainedBy.focus();
            return;
        }
        const how = new FormData(this.#form).get("how");
        const giver = this.#giver.value;
        this.#busy(true);
        try {
            await create(`/api/cases/${this.about.caseId}/consents`, {
                scope: scopeOf(this.about.subject),
                given, how, giver,
                language: this.#language,
                text_id: this.textId,
                explained_by: explainedBy,
                giver_name: giver === "patient" ? null : this.#giverName.value.trim() || null,
                recipient: this.about.recipient ?? null,
            });
        } catch (problem) {
            setText(this.#error, errorText(codeOf(problem)));
            this.#busy(false);
            return;
        }
        remember(explainedBy);
        this.#leave(given);
    }

    /** @param {boolean | null} answer */
    #leave(answer) {
        window.speechSynthesis?.cancel();
        this.done(answer);
    }

    /** @param {boolean} on */
    #busy(on) {
        this.#yes.disabled = this.#no.disabled = on;
        if (on) setText(this.#error, "");
    }
}

/** The scope under which the server stores the answer. @param {Subject} [subject] */
function scopeOf(subject) {
    // A participant of a group is seen from afar like any patient: only the text that is read out differs.
    return subject === "referral" || subject === "third_person" ? subject : "teleconsultation";
}

/** A voice of this device for a language; Bambara has none today. @param {string} language */
function voiceOf(language) {
    if (!("speechSynthesis" in window)) return null;
    // A voice from the network would send the patient's text to somebody else.
    return speechSynthesis.getVoices().find((voice) => voice.localService && voice.lang.startsWith(language)) ?? null;
}

/** @returns {string} the name of the person who explained last, until this page is closed */
function remembered() {
    try {
        return sessionStorage.getItem(NAME_KEY) ?? "";
    } catch {
        return ""; // some kiosk modes refuse storage: the name is typed again
    }
}

/** @param {string} name */
function remember(name) {
    try {
        sessionStorage.setItem(NAME_KEY, name);
    } catch {
        // storage is refused, as in remembered
    }
}

/** @param {keyof HTMLElementTagNameMap} tag @param {string} key @param {string} [className] */
function said(tag, key, className = "") {
    const element = make(tag, className ? { class: className } : {});
    say(element, key);
    return element;
}

/** @param {string} className @param {string} picture @param {string} key */
function answer(className, picture, key) {
    return make("button", { type: "button", class: className, "data-answer": picture }, icon(picture), said("span", key));
}

/** @param {string} key @param {HTMLElement} control */
function field(key, control) {
    control.id = `consent-${control.getAttribute("name")}`;
    const label = make("label", { for: control.id });
    say(label, key);
    return make("div", { class: "field" }, label, control);
}

/** @param {string} key @param {Node} content */
function group(key, content) {
    const legend = make("legend");
    say(legend, key);
    return make("fieldset", {}, legend, content);
}

/** @param {string} name @param {string} value @param {string} key @param {boolean} chosen */
function pick(name, value, key, chosen) {
    const input = make("input", { type: "radio", name, value });
    input.checked = chosen;
    return make("label", { class: "consent-pick" }, input, said("span", key));
}
