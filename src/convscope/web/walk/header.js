/** The page header: model, picture, prediction, and how to use the page. */

import { largestFirst } from "convscope/kit/arrays.js";
import { element, questionMark } from "convscope/kit/dom.js";
import { percent, three } from "convscope/kit/numbers.js";
import { UNKNOWN } from "convscope/kit/similar.js";
import { themeButton } from "convscope/kit/theme.js";
import { fitInWords } from "convscope/walk/fit.js";
import { answerOf, named } from "convscope/walk/truth.js";

const MOST_CLASSES = 3;

/**
 * Create the header.
 *
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {(() => void) | null} draw  redraws the page after the theme has changed; null if the walk is
 *   embedded in another page
 */
export function header(chain, draw) {
  const { model, picture_name, network, probabilities, classes, labels, largest_difference, open_set } =
    chain;
  const answer = answerOf(chain);
  const order = largestFirst(probabilities);
  const leading = [...new Set([...order.filter((index) => answer.includes(index)), ...order])].slice(
    0,
    MOST_CLASSES,
  );
  const name = picture_name.split(/[\\/]/).pop() ?? picture_name;
  return element(
    "header",
    { class: "top" },
    element(
      "p",
      { class: "names" },
      draw && element("strong", {}, "convscope"),
      element("span", {}, [draw && model, name].filter(Boolean).join(" · ")),
      draw && element("code", { title: network }, network),
    ),
    element(
      "p",
      { class: "answer" },
      answer.length === 0 && element("span", {}, element("strong", {}, named(chain, answer))),
      leading.map((index) =>
        element(
          "span",
          { class: labels && !answer.includes(index) ? "quiet" : null },
          `${classes[index]} `,
          element("strong", {}, percent(probabilities[index])),
        ),
      ),
      open_set?.unknown ? element("span", { class: "unknown", title: fitInWords(open_set) }, UNKNOWN) : null,
    ),
    help(largest_difference),
    draw && themeButton(draw),
  );
}

/** @param {number} difference */
function help(difference) {
  return element(
    "details",
    { class: "help transient" },
    questionMark("how to use this page"),
    element(
      "ul",
      {},
      [
        "Point at a number in the output: its window is outlined in the input, and its arithmetic is shown in the middle.",
        "Click to keep it selected. On a focused map, the arrow keys move from cell to cell.",
        "Click a number in the input, or a link in the sum, to go back to where it came from. The trail at the bottom keeps the path.",
        "Hover over a number to see all its digits.",
        "The page's address contains the current view: copy it to show somebody else the same cell.",
        `Every number was computed step by step and checked against the prediction engine, ONNX Runtime. Largest difference: ${three(difference)}.`,
      ].map((text) => element("li", {}, text)),
    ),
  );
}
