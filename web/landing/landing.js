/** The front door: two links, and the language they are said in. Owns nothing more. */

import { startFrame } from "../shared/frame.js";
import { startLanguage } from "../shared/i18n.js";

await startLanguage();
startFrame();
