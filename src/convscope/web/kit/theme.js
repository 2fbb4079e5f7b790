/**
 * Light or dark theme: taken from the address, otherwise the last choice, otherwise the system preference.
 * Printing is always light.
 */

import { parse, remember } from "convscope/kit/address.js";
import { element } from "convscope/kit/dom.js";

/** @typedef {import("convscope/kit/colours.js").Theme} Theme */

const KEY = "theme";
const BUTTON = "theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
let isPrinting = false;

/** @returns {Theme} */
export function theme() {
  const wanted = isPrinting ? "light" : (parse(location.hash).options.theme ?? kept());
  if (wanted === "light" || wanted === "dark") return wanted;
  return dark.matches ? "dark" : "light";
}

/** Apply the current theme to the page. */
export function applyTheme() {
  const now = theme();
  document.documentElement.dataset.theme = now;
  const button = document.getElementById(BUTTON);
  if (button) button.textContent = other(now);
  return now;
}

/**
 * Redraw whenever the system theme changes, and before and after printing.
 *
 * @param {() => void} draw
 * @param {AbortSignal} [signal]  removes the event listeners
 */
export function followTheme(draw, signal) {
  const print = (/** @type {boolean} */ begins) => {
    isPrinting = begins;
    applyTheme();
    draw();
  };
  dark.addEventListener("change", draw, { signal });
  addEventListener("beforeprint", () => print(true), { signal });
  addEventListener("afterprint", () => print(false), { signal });
}

/**
 * Create a button that switches between light and dark.
 *
 * @param {() => void} draw
 */
export function themeButton(draw) {
  const click = () => {
    keep(other(theme()));
    remember({ theme: "" });
    applyTheme();
    draw();
  };
  return element("button", { type: "button", id: BUTTON, click }, other(theme()));
}

/** @param {Theme} now */
function other(now) {
  return now === "dark" ? "light" : "dark";
}

/** Return the last choice. Pages opened from disk may have no local storage. */
function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {Theme} chosen */
function keep(chosen) {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    document.documentElement.dataset.theme = chosen;
  }
}
