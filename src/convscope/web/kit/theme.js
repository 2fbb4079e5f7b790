/** Light or dark: what the address asks for, else what was chosen last, else what the system prefers; paper is light. */

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

/** Puts the page in its theme. */
export function applyTheme() {
  const now = theme();
  document.documentElement.dataset.theme = now;
  const button = document.getElementById(BUTTON);
  if (button) button.textContent = other(now);
  return now;
}

/**
 * Draws again whenever the system's theme changes, and for paper.
 *
 * @param {() => void} draw
 * @param {AbortSignal} [signal]  ends it
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
 * A button that switches between light and dark.
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

/** What was chosen last. A page opened from a disk may have no storage. */
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
