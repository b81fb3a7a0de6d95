/**
 * What was on its way when a page was loaded anew. Owns: asking the server what came, and saying it. Must never send
 * anything again: what was typed is gone with the page that had it.
 */

import { notice } from "../base/frame.js";
import { t } from "../base/i18n.js";
import { leftBehind, whatBecameOf } from "./create.js";

/** @typedef {{kept: string, lost: string}} Words keys of the catalogs */

/** @type {Words} */
export const ANY = { kept: "sent.kept", lost: "sent.lost" };

/**
 * @param {(path: string) => Words} [wordsOf] for requests that have words of their own
 * @throws {import("../base/http.js").HttpError} nobody can say now
 */
export async function tellWhatCame(wordsOf = () => ANY) {
    for (const one of leftBehind()) {
        const { kept, lost } = wordsOf(one.path);
        const { came } = await whatBecameOf(one);
        notice(t(came ? kept : lost));
    }
}
