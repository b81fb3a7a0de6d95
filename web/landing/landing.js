/** The first page: two links, and the choice of their language. Owns nothing more. */

import { startFrame } from "../shared/base/frame.js";
import { startLanguage } from "../shared/base/i18n.js";

await startLanguage();
startFrame();
