/**
 * The PIN of a station in a room with many hands: older cases are in its list after it was typed. Owns: the bar below the
 * list, with what went wrong beside the field. Must never keep a PIN.
 */

import { icon, make } from "../../shared/base/dom.js";
import { button, field, said } from "../../shared/base/fields.js";
import { call } from "../../shared/base/http.js";

/**
 * Draws the bar as the station stands now; empty where it has no PIN.
 * @param {HTMLElement} bar @param {() => Promise<void>} changed other cases can be read now
 * @param {(error: HTMLElement, work: () => Promise<void>) => Promise<void>} told says in ``error`` what went wrong
 */
export async function drawPin(bar, changed, told) {
    /** @type {{needed: boolean, locked: boolean}} */
    const { needed, locked } = await call("GET", "/api/station/pin");
    if (!needed) return bar.replaceChildren();
    const again = async () => {
        await drawPin(bar, changed, told);
        await changed();
    };
    const error = make("p", { class: "error-text", role: "alert" });
    if (!locked) {
        const close = button("pin.lock", "button quiet", () => void told(error, async () => {
            await call("DELETE", "/api/station/pin");
            await again();
        }));
        close.prepend(icon("lock"));
        return bar.replaceChildren(said("p", "pin.open"), close, error);
    }
    const input = make("input", { name: "pin", class: "code", inputmode: "numeric", maxlength: "9", autocomplete: "off", spellcheck: "false" });
    const open = make("button", { class: "button quiet" }, icon("key"), said("span", "pin.unlock"));
    const form = make("form", { class: "side-by-side", novalidate: "", "data-form": "pin" }, field("pin.label", input, "pin.text"), error, open);
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        const pin = input.value.trim();
        input.value = "";
        if (!pin) return input.focus();
        void told(error, async () => {
            await call("POST", "/api/station/pin", { pin });
            await again();
        });
    });
    bar.replaceChildren(form);
}
