/** Light or dark: what a person chose here, else what the system prefers. */

/** @returns {import("convscope/kit/colours.js").Theme} */
export function theme() {
  const { theme: chosen } = document.documentElement.dataset;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
