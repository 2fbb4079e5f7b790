/** The top of a page of its own: what it shows, and a switch to the other theme. */

import { element } from "convscope/kit/dom.js";
import { applyTheme, themeButton } from "convscope/kit/theme.js";

/**
 * @param {import("convscope/kit/dom.js").Child[]} names
 * @param {() => void} draw  draws the page in the other theme
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
