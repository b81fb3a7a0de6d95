/**
 * What was on its way when the page was loaded anew: a case, and its photos. Owns: saying what arrived, and going on with
 * the rest. Must never show the case itself: whoever stands before the kiosk now may be somebody else.
 */

import { notice } from "../../shared/base/frame.js";
import { call } from "../../shared/base/http.js";
import { alsoSay, t } from "../../shared/base/i18n.js";
import { ANY, tellWhatCame } from "../../shared/requests/became.js";
import { hasLeft } from "../../shared/requests/left.js";
import { FLAG, resumePhotos } from "./photokeeper.js";

const OF_A_CASE = { kept: "case.sent.kept", lost: "case.sent.lost", remains: "case.remains.text" };

/**
 * @param {string} caseId of the consultation that goes on; "": none
 * @param {(text: string) => void} tell how far photos are
 * @throws {import("../../shared/base/http.js").HttpError} nobody can say now
 */
export async function afterReload(caseId, tell) {
    await alsoSay("cases");
    await tellWhatCame((path) => (path === "/api/cases" ? OF_A_CASE : ANY));
    if (!hasLeft(FLAG)) return;
    const goesOn = await resumePhotos(tell);
    if (!caseId || goesOn.includes(caseId)) return;
    // This device could keep none: the server knows what was to come.
    const { photos } = await call("GET", `/api/cases/${caseId}`);
    const count = photos.filter((/** @type {{stored: boolean}} */ { stored }) => !stored).length;
    if (!count) return;
    const text = t("case.photo.missing", { number: count });
    tell(text);
    notice(text);
}
