// The small modules of head-office pages. No framework: each one binds to a data attribute.
import { bindDropdowns } from "./dropdowns.js";
import { bindDialogs } from "./dialogs.js";
import { bindKeys } from "./keys.js";
import { bindSide } from "./side.js";
import { bindThemes } from "./themes.js";
import { bindToasts } from "./toasts.js";
import { bindTidy } from "./tidy.js";

bindDropdowns();
bindDialogs();
bindKeys();
bindSide();
bindThemes();
bindToasts();
bindTidy();
