/** Light or dark: what the address asks for, else what the system prefers. */

/**
 * @param {import("convscope/state.js").State} state
 * @returns {import("convscope/colours.js").Theme}
 */
export function themeOf({ options: { theme } }) {
  if (theme === "light" || theme === "dark") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
