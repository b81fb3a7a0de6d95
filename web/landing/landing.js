/** The front door: two links, and the language they are said in. Owns nothing more. */

import { startFrame } from "../shared/base/frame.js";
import { startLanguage } from "../shared/base/i18n.js";

await startLanguage();
startFrame();
