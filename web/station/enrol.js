/**
 * Makes a device a station, with a code and an own key. Owns: the form of the code while it is sent, and the new key. Must
 * never export the private key.
 */

import { find, setText } from "../shared/base/dom.js";
import { call, codeOf } from "../shared/base/http.js";
import { errorText } from "../shared/base/i18n.js";
import { ALGORITHM, inStore, NAME, useKey } from "./key.js";

/** @param {HTMLFormElement} form @param {() => void} begin called once the server knows this device */
export async function enrol(form, begin) {
    const error = find("[data-error]", HTMLElement, form);
    setText(error, "");
    try {
        const code = String(new FormData(form).get("code") ?? "").trim();
        const { publicKey, privateKey } = await crypto.subtle.generateKey(ALGORITHM, false, ["sign"]);
        const spki = await crypto.subtle.exportKey("spki", publicKey);
        // The request itself is signed, which proves that this device has the key.
        useKey(privateKey);
        await call("POST", "/api/station/enrolment", { code, public_key: btoa(String.fromCharCode(...new Uint8Array(spki))) });
        await inStore("readwrite", (store) => store.put(privateKey, NAME));
        form.reset();
        begin();
    } catch (problem) {
        setText(error, errorText(codeOf(problem)));
    }
}
