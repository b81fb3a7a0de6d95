/**
 * What a person can choose in a call: voice only, little data and, for clinicians, what the picture shows. Owns: the panel,
 * which is loaded when it is first opened. Must never send anything: choices go to the own devices.
 */

/** @import {ClinicalProfile} from "../../signaling/messages.js" */
/** @import {OwnDevices} from "../devices/owndevices.js" */

import { icon, make } from "../../base/dom.js";
import { say, sayLabel } from "../../base/i18n.js";

/** @type {ClinicalProfile[]} */
const PROFILES = ["face", "detail", "motion"];
/** @type {Record<ClinicalProfile, string>} */
const PROFILE_ICONS = { face: "person", detail: "detail", motion: "motion" };

export class QualityPanel {
    /**
     * @param {OwnDevices} devices @param {HTMLElement} opener gets the focus back
     * @param {boolean} profiles whether the person can choose what the picture shows
     */
    constructor(devices, opener, profiles) {
        this.devices = devices;
        this.opener = opener;
        this.audioOnly = toggle("audio-only", "voice", "audio_only", () => devices.choose({ audio_only: !devices.preferences.audio_only }));
        this.saveData = toggle("save-data", "save", "save_data", () => devices.choose({ save_data: !devices.preferences.save_data }));
        this.radios = profiles ? PROFILES.map((profile) => this.#radio(profile)) : [];
        const title = make("h2", { id: "quality-title" });
        say(title, "pin.title");
        const close = make("button", { type: "button", class: "quality-close", "data-action": "close-quality" }, icon("cross"));
        sayLabel(close, "action.close");
        close.addEventListener("click", () => this.close());
        this.element = make("section", { class: "quality", id: "quality", "aria-labelledby": title.id }, title, close,
            make("div", { class: "pins" }, this.audioOnly, this.saveData), ...(profiles ? [this.#profiles()] : []));
        this.element.hidden = true;
        this.element.addEventListener("keydown", (event) => {
            if (event.key === "Escape") this.close();
        });
        this.show();
    }

    get isOpen() {
        return !this.element.hidden;
    }

    open() {
        this.element.hidden = false;
        this.opener.setAttribute("aria-expanded", "true");
        this.audioOnly.focus();
    }

    /** @param {boolean} [focus] whether the opener gets the focus back */
    close(focus = true) {
        this.element.hidden = true;
        this.opener.setAttribute("aria-expanded", "false");
        if (focus) this.opener.focus();
    }

    /** Shows the present choices. */
    show() {
        const { audio_only, save_data, profile } = this.devices.preferences;
        this.audioOnly.setAttribute("aria-pressed", String(audio_only));
        this.saveData.setAttribute("aria-pressed", String(save_data));
        for (const radio of this.radios) radio.checked = radio.value === profile;
    }

    #profiles() {
        const legend = make("legend");
        say(legend, "profile.title");
        const labels = this.radios.map((radio) => {
            const profile = /** @type {ClinicalProfile} */ (radio.value);
            return make("label", { class: "pin" }, radio, icon(PROFILE_ICONS[profile]), words(`profile.${profile}`));
        });
        return make("fieldset", { class: "pins" }, legend, ...labels);
    }

    /** @param {ClinicalProfile} profile */
    #radio(profile) {
        const radio = make("input", { type: "radio", name: "profile", value: profile });
        radio.addEventListener("change", () => this.devices.choose({ profile }));
        return radio;
    }
}

/** @param {string} action @param {string} picture @param {string} name @param {() => void} press */
function toggle(action, picture, name, press) {
    const button = make("button", { type: "button", class: "pin", "data-action": action, "aria-pressed": "false" }, icon(picture), words(`pin.${name}`), icon("check", "icon pin-mark"));
    button.addEventListener("click", press);
    return button;
}

/** @param {string} key of a name; `.text` is the line under it */
function words(key) {
    const name = make("strong");
    const line = make("small");
    say(name, key);
    say(line, `${key}.text`);
    return make("span", {}, name, line);
}
