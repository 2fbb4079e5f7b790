/** Light or dark: what the address asks for, else what the system prefers. */

import { link } from "convscope/kit/dom.js";
import { format } from "convscope/kit/state.js";

/**
 * @param {import("convscope/kit/state.js").State} state
 * @returns {import("convscope/kit/colours.js").Theme}
 */
export function themeOf({ options: { theme } }) {
  if (theme === "light" || theme === "dark") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * A link to the same page in the other theme.
 *
 * @param {import("convscope/kit/state.js").State} state
 * @param {import("convscope/kit/colours.js").Theme} theme
 */
export function otherTheme(state, theme) {
  const other = theme === "dark" ? "light" : "dark";
  return link(format({ ...state, options: { ...state.options, theme: other } }), other);
}
