/**
 * Sign-in, for every page with people's accounts. Owns: the form with login and password, the button for the hospital's own
 * accounts, and the start of the further steps. Must never keep a password.
 */

import { find, icon, make, setText } from "../base/dom.js";
import { notice } from "../base/frame.js";
import { call, codeOf, HttpError } from "../base/http.js";
import { errorText, t } from "../base/i18n.js";
import { forgetUnanswered, hasLeft, UNANSWERED } from "../requests/left.js";

// Soon enough for a person who waits, and rarely enough for a server that has just started again.
const RETRY_MS = 5_000;

/** @typedef {{participant_id: string, name: string, role: string, site: string}} Me */

/**
 * Ends the session on the server.
 * @returns {Promise<boolean>} false: there was no answer, so the session may go on; the person has been told
 */
export async function signOut() {
    try {
        await call("DELETE", "/api/session");
        forgetUnanswered();
        return true;
    } catch (problem) {
        notice(errorText(codeOf(problem)));
        return false;
    }
}

export class SignIn {
    /**
     * @param {HTMLElement} box holds form[data-form=sign-in] and [data-steps]
     * @param {"clinician" | "office" | "mediator"} page where the provider sends the browser back to
     * @param {(me: Me) => void} onSignedIn
     */
    constructor(box, page, onSignedIn) {
        this.box = box;
        this.page = page;
        this.onSignedIn = onSignedIn;
        this.form = find("form[data-form=sign-in]", HTMLFormElement, box);
        this.error = find("[data-error]", HTMLElement, this.form);
        this.password = find("input[name=password]", HTMLInputElement, this.form);
        this.form.addEventListener("submit", (event) => {
            event.preventDefault();
            void this.#submit();
        });
        find("[data-action=show-password]", HTMLElement, box).addEventListener("click", () => {
            this.#showPassword(this.password.type === "password");
        });
    }

    /**
     * Finds out who is signed in, and continues an unfinished sign-in.
     * @returns {Promise<boolean>} false: nobody is signed in, and the form waits
     * @throws {HttpError} if the server does not answer
     */
    async begin() {
        try {
            await this.#went(await call("GET", "/api/session"));
            return true;
        } catch (problem) {
            if (!(problem instanceof HttpError) || (problem.status !== 401 && problem.status !== 403)) throw problem;
        }
        void this.#offerProvider();
        return false;
    }

    /**
     * Begins, and tries again until the server says who is signed in.
     * @param {() => void} onBegun @param {(problem: HttpError, retryAtMs: number) => void} onAway
     */
    async keepBeginning(onBegun, onAway) {
        try {
            await this.begin();
        } catch (problem) {
            if (!(problem instanceof HttpError)) throw problem;
            onAway(problem, performance.now() + RETRY_MS);
            setTimeout(() => void this.keepBeginning(onBegun, onAway), RETRY_MS);
            return;
        }
        onBegun();
    }

    async #submit() {
        const button = find("button[type=submit]", HTMLButtonElement, this.form);
        const data = new FormData(this.form);
        setText(this.error, "");
        button.disabled = true;
        try {
            const login = String(data.get("login") ?? "").trim();
            const answer = await call("POST", "/api/session", { login, password: String(data.get("password") ?? "") });
            this.form.reset();
            this.#showPassword(false);
            await this.#went(answer);
        } catch (problem) {
            setText(this.error, errorText(codeOf(problem)));
        } finally {
            button.disabled = false;
        }
    }

    /** @param {any} answer the person, or the step that is due */
    async #went(answer) {
        if (!answer.next) {
            await this.#enter(answer);
            return;
        }
        const steps = find("[data-steps]", HTMLElement, this.box);
        const { goThrough } = await import("./signinsteps.js");
        this.form.hidden = true;
        void goThrough(steps, answer).then((me) => {
            steps.replaceChildren();
            this.form.hidden = false;
            if (me) void this.#enter(me);
        });
    }

    /** Enters the page; an account without access to it is signed out again. @param {Me} me */
    async #enter(me) {
        if (this.page === "office" || me.role === this.page) {
            this.onSignedIn(me);
            // Where nobody can say, the next page asks again.
            if (hasLeft(UNANSWERED)) await (await import("../requests/became.js")).tellWhatCame().catch(() => undefined);
            return;
        }
        await call("DELETE", "/api/session").catch(() => undefined);
        setText(this.error, errorText("wrong_page"));
    }

    /** Shows the button for the hospital's own accounts, if there are any. */
    async #offerProvider() {
        if (location.hash.startsWith("#oidc_")) {
            setText(this.error, errorText(location.hash.slice(1)));
            history.replaceState(null, "", location.pathname);
        }
        const { name } = await call("GET", "/api/oidc").catch(() => ({ name: "" }));
        if (!name || this.form.querySelector("[data-provider]")) return;
        const link = make("a", { class: "button quiet", href: `/api/oidc/start?page=${this.page}`, "data-provider": "" },
            icon("key"), make("span", {}, t("signin.provider", { name })));
        this.form.append(link);
    }

    /** @param {boolean} shown */
    #showPassword(shown) {
        this.password.type = shown ? "text" : "password";
        find("[data-action=show-password]", HTMLElement, this.box).setAttribute("aria-pressed", String(shown));
    }
}
