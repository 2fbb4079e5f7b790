/** The header of a standalone page: what it shows, and the theme switch. */

import { element } from "convscope/kit/dom.js";
import { applyTheme, themeButton } from "convscope/kit/theme.js";

/**
 * Draw the header.
 *
 * @param {import("convscope/kit/dom.js").Child[]} names
 * @param {() => void} draw  redraws the page after the theme has changed
 */
export function pageTop(names, draw) {
  applyTheme();
  return element(
    "header",
    { class: "top" },
    element("p", { class: "names" }, element("strong", {}, "convscope"), ...names),
    themeButton(draw),
  );
}
