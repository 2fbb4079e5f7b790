/** The top of the page: which model, which picture, what it says, and how far the page is from the engine. */

import { largestFirst } from "convscope/kit/arrays.js";
import { element } from "convscope/kit/dom.js";
import { full, percent, three } from "convscope/kit/numbers.js";
import { otherTheme } from "convscope/kit/theme.js";

const MOST_CLASSES = 3;

/**
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {import("convscope/kit/state.js").State} state
 * @param {import("convscope/kit/colours.js").Theme} theme
 * @param {boolean} isAlone  whether the walk is a page of its own
 */
export function header(chain, state, theme, isAlone) {
  const { model, picture_name, network, probabilities, classes, largest_difference } = chain;
  const leading = largestFirst(probabilities).slice(0, MOST_CLASSES);
  const name = picture_name.split(/[\\/]/).pop() ?? picture_name;
  return element(
    "header",
    { class: "top" },
    element(
      "p",
      { class: "names" },
      isAlone && element("strong", {}, "convscope"),
      element("span", {}, [model, name].filter(Boolean).join(" · ")),
      element("code", {}, network),
    ),
    element(
      "p",
      { class: "answer" },
      leading.map((index) =>
        element("span", {}, `${classes[index]} `, element("strong", {}, percent(probabilities[index]))),
      ),
    ),
    element(
      "p",
      { class: "quiet", title: full(largest_difference) },
      largest_difference === 0
        ? "Every number here equals the engine's."
        : `No number here is more than ${three(largest_difference)} from the engine's.`,
    ),
    help(),
    isAlone && otherTheme(state, theme),
  );
}

function help() {
  return element(
    "details",
    { class: "help" },
    element("summary", { "aria-label": "how to use this page" }, "?"),
    element(
      "ul",
      {},
      [
        "Point at a number on the right: its window lights up on the left, its arithmetic stands in the middle.",
        "The answer at the top is what predictions say: the logits are divided by a temperature before softmax. The step softmax shows it without and with.",
        "Click keeps it; on a focused map the arrow keys move from cell to cell.",
        "Click a number on the left, or a link in the sum, to go back to where it came from. The trail below remembers the way.",
        "Hold the pointer on a number to see all its digits.",
        "The address holds what you see: copy it to show somebody else the same cell.",
      ].map((text) => element("li", {}, text)),
    ),
  );
}
