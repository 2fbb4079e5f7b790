/** What if there were no ReLU? The same weights without it, and the proof that what is left is one matrix. */

import { largestFirst, range } from "convscope/kit/arrays.js";
import { element, head } from "convscope/kit/dom.js";
import { percent } from "convscope/kit/numbers.js";

const MOST = 6;

/**
 * @param {import("convscope/walk/chain.js").NoRelu} without
 * @param {import("convscope/walk/view.js").Context} context
 */
export function noRelu(without, { chain, state, set }) {
  const off = state.options.relu === "off";
  const box = element("input", {
    type: "checkbox",
    role: "switch",
    checked: off,
    change: () => set("relu", box.checked ? "off" : ""),
  });
  return element(
    "section",
    {},
    element("h2", {}, "What if there were no ReLU in this network?"),
    element("p", {}, element("label", { class: "switch" }, box, " leave every ReLU out")),
    off && comparison(chain, without),
    off && proof(without),
  );
}

/**
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {import("convscope/walk/chain.js").NoRelu} without
 */
function comparison({ classes, probabilities, predicted }, without) {
  const shown = [
    ...new Set([
      ...largestFirst(probabilities).slice(0, MOST),
      ...largestFirst(without.probabilities).slice(0, MOST),
    ]),
  ];
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      {},
      predicted === null || predicted === without.predicted
        ? `The answer stays ${classes[without.predicted]}, with other probabilities.`
        : `The answer changes from ${classes[predicted]} to ${classes[without.predicted]}.`,
    ),
    element(
      "table",
      { class: "figures" },
      head(["class", "with ReLU", "without"]),
      element(
        "tbody",
        {},
        range(classes.length)
          .filter((index) => shown.includes(index))
          .map((index) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, classes[index]),
              element("td", {}, percent(probabilities[index])),
              element("td", {}, percent(without.probabilities[index])),
            ),
          ),
      ),
    ),
  );
}

/** @param {import("convscope/walk/chain.js").NoRelu} without */
function proof({ linear }) {
  return element(
    "div",
    { class: "stack" },
    element("h3", {}, "Why it needs ReLU"),
    element(
      "p",
      {},
      "Convolution, average pooling and full connection only multiply by weights and add. However many of them follow each other, one matrix and one bias do the same.",
    ),
    element("p", {}, linear.text),
  );
}
