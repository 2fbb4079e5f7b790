/** The top of a page of its own: what it shows, and a link to the other theme. */

import { element } from "convscope/kit/dom.js";
import { otherTheme } from "convscope/kit/theme.js";

/**
 * @param {HTMLElement[]} names
 * @param {import("convscope/kit/state.js").State} state
 * @param {import("convscope/kit/colours.js").Theme} theme
 */
export function pageTop(names, state, theme) {
  return element(
    "header",
    { class: "top" },
    element("p", { class: "names" }, element("strong", {}, "convscope"), names),
    otherTheme(state, theme),
  );
}
