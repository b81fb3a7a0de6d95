/**
 * What was on its way when a page was loaded anew. Owns: asking the server what came, and saying it. Must never send
 * anything again: what was typed is gone with the page that had it.
 */

import { notice } from "../base/frame.js";
import { t } from "../base/i18n.js";
import { leftBehind, takeBack, whatBecameOf } from "./create.js";

/** @typedef {{kept: string, lost: string, remains?: string}} Words keys of the catalogs; `remains`: it was to be taken back */

/** @type {Words} */
export const ANY = { kept: "sent.kept", lost: "sent.lost" };

/**
 * @param {(path: string) => Words} [wordsOf] for requests that have words of their own
 * @throws {import("../base/http.js").HttpError} nobody can say now
 */
export async function tellWhatCame(wordsOf = () => ANY) {
    for (const one of leftBehind()) {
        const { kept, lost, remains = kept } = wordsOf(one.path);
        if (one.takenBack) notice(t((await takeBack(one.key)).remains ? remains : lost));
        else notice(t((await whatBecameOf(one)).came ? kept : lost));
    }
}
