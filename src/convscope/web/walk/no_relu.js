/**
 * What the network would be without ReLU: the same weights, and the proof that they collapse into a single
 * matrix.
 */

import { largestFirst, range } from "convscope/kit/arrays.js";
import { element, head } from "convscope/kit/dom.js";
import { percent } from "convscope/kit/numbers.js";
import { answerOf, named, outputName } from "convscope/walk/truth.js";

const MOST = 6;

/**
 * @param {import("convscope/walk/document.js").NoRelu} without
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
    element("h2", {}, "What if this network had no ReLU?"),
    element("p", {}, element("label", { class: "switch" }, box, " remove every ReLU")),
    off && comparison(chain, without),
    off && proof(without),
  );
}

/**
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {import("convscope/walk/document.js").NoRelu} without
 */
function comparison(chain, without) {
  const { classes, probabilities } = chain;
  const answers = [
    answerOf(chain),
    answerOf({
      labels: chain.labels && { ...chain.labels, answer: without.labels ?? [] },
      predicted: without.predicted,
    }),
  ];
  const [before, after] = answers.map((members) => named(chain, members));
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
      before === after
        ? `The answer is still ${after}, with different probabilities.`
        : `The answer changes from ${before} to ${after}.`,
    ),
    element(
      "table",
      { class: "figures" },
      head([outputName(chain), "with ReLU", "without"]),
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

/** @param {import("convscope/walk/document.js").NoRelu} without */
function proof({ linear }) {
  return element(
    "div",
    { class: "stack" },
    element("h3", {}, "Why it needs ReLU"),
    element(
      "p",
      {},
      "Convolution, average pooling and full connection only multiply by weights and add. However many of them you chain, a single matrix and a bias can do the same.",
    ),
    element("p", {}, linear.text),
  );
}
