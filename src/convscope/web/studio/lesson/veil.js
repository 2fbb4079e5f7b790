/**
 * Hide the numbers that open questions ask for: wherever such a number appears on the page, as it is or as a
 * percentage, it is replaced by a question mark.
 */

import { percent, three } from "convscope/kit/numbers.js";

const HIDDEN = "?";

/**
 * Watch an element and hide the numbers in it.
 *
 * @param {HTMLElement} root
 * @param {AbortSignal} signal  stops watching
 */
export function veil(root, signal) {
  /** @type {Set<string>} */
  const secrets = new Set();
  /** @type {Map<Text, {text: string, title: string | null}>} */
  const covered = new Map();
  const observer = new MutationObserver(cover);
  const watch = () => observer.observe(root, { childList: true, subtree: true, characterData: true });

  function cover() {
    observer.disconnect();
    for (const text of covered.keys()) if (!text.isConnected) covered.delete(text);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) hide(/** @type {Text} */ (walker.currentNode));
    watch();
  }

  /** @param {Text} text */
  function hide(text) {
    const holder = text.parentElement;
    const hidden = secrets.size ? text.data.replace(pattern(secrets), HIDDEN) : text.data;
    if (!holder || hidden === text.data) return;
    covered.set(text, covered.get(text) ?? { text: text.data, title: holder.getAttribute("title") });
    text.data = hidden;
    if (hidden.trim() === HIDDEN) holder.classList.add("veiled");
    holder.title = "Answer the question about this number first.";
  }

  function uncover() {
    observer.disconnect();
    for (const [text, { text: was, title }] of covered) {
      text.data = was;
      covered.delete(text);
      text.parentElement?.classList.remove("veiled");
      if (title === null) text.parentElement?.removeAttribute("title");
      else text.parentElement?.setAttribute("title", title);
    }
    cover();
  }

  signal.addEventListener("abort", () => observer.disconnect());
  return {
    /** @param {number[]} values */
    hide(values) {
      for (const one of values.flatMap(written)) secrets.add(one);
      cover();
    },
    /** @param {number} value */
    show(value) {
      for (const one of written(value)) secrets.delete(one);
      uncover();
    },
  };
}

/** @param {number} value */
function written(value) {
  return value > 0 && value < 1 ? [three(value), percent(value)] : [three(value)];
}

/**
 * Return a regular expression that matches any of the numbers, but not as part of a longer one.
 *
 * @param {Set<string>} numbers
 */
function pattern(numbers) {
  const escaped = [...numbers].map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<![\\d.,−])(?:${escaped.join("|")})(?![\\d×]|[.,]\\d)`, "g");
}
