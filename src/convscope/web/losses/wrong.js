/**
 * One picture, two classes: the gradient of each loss at the true class's logit, from confidently wrong to
 * confidently right.
 */

import { range } from "convscope/kit/arrays.js";
import { chart } from "convscope/kit/curves.js";
import { element, head } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { full, three } from "convscope/kit/numbers.js";
import {
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from "convscope/losses/formulas.js";

const POINTS = 101;
const FARTHEST = 14; // maximum logit difference of the slider; e to the -14 is about one in a million

/**
 * Draw the comparison.
 *
 * @param {number} start  initial difference between the true class's logit and the other's
 * @param {(difference: number) => void} onChange  called when the slider is released
 */
export function confidentlyWrong(start, onChange) {
  const drawn = element("div", { class: "beside" });
  const slider = element("input", {
    type: "range",
    min: -FARTHEST,
    max: FARTHEST,
    step: 0.1,
    value: start,
    "aria-label": "difference between the true class's logit and the other's",
    input: () => draw(Number(slider.value)),
    change: () => onChange(Number(slider.value)),
  });
  const draw = (/** @type {number} */ difference) => {
    const p = share(difference);
    slider.setAttribute("aria-valuetext", `probability of the true class ${three(p)}`);
    drawn.replaceChildren(numbers(p), curves(difference));
  };
  draw(start);
  return element(
    "section",
    {},
    element("h2", {}, "Confidently wrong: which loss still has a gradient?"),
    element(
      "p",
      {},
      "Drag from confidently wrong to confidently right. The gradient of squared error vanishes at both ends; that of cross-entropy only where the answer is right.",
    ),
    slider,
    drawn,
  );
}

/** List both losses and their gradients. @param {number} p  probability of the true class */
function numbers(p) {
  const answer = [p, 1 - p];
  const [slope] = crossEntropyGradient(answer, 0);
  const [flat] = squaredErrorGradient(answer, 0);
  const rows = [
    ["cross-entropy", crossEntropy(answer, 0), slope],
    ["squared error", squaredError(answer, 0), flat],
  ];
  return element(
    "div",
    { class: "stack" },
    element("p", {}, "Probability of the true class: ", element("strong", { title: full(p) }, three(p))),
    element(
      "table",
      { class: "figures" },
      head(["loss", "value", "gradient at its logit"]),
      element(
        "tbody",
        {},
        rows.map(([name, value, gradient]) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, String(name)),
            element("td", {}, number(Number(value))),
            element("td", {}, number(Number(gradient))),
          ),
        ),
      ),
    ),
    element("p", { class: "quiet" }, pull(slope / flat)),
  );
}

/** @param {number} difference */
function curves(difference) {
  const x = range(POINTS).map((point) => ((2 * point) / (POINTS - 1) - 1) * FARTHEST);
  const along = (/** @type {(p: number[], truth: number) => number[]} */ gradient) =>
    x.map((one) => Math.abs(gradient([share(one), 1 - share(one)], 0)[0]));
  return chart(
    [
      { name: "cross-entropy", x, y: along(crossEntropyGradient) },
      { name: "squared error", x, y: along(squaredErrorGradient) },
    ],
    {
      title: "size of the gradient at the true class's logit against the difference of the logits",
      across: "logit of the true class − logit of the other",
      up: "size of the gradient",
      at: difference,
      highest: 1,
    },
  );
}

/**
 * Return the softmax probability of the first of two logits.
 *
 * @param {number} difference
 */
function share(difference) {
  return 1 / (1 + Math.exp(-difference));
}

/** @param {number} ratio  of the gradient of cross-entropy to that of squared error */
function pull(ratio) {
  const times = three(ratio);
  return times === "1" ? "Both pull equally hard." : `Cross-entropy pulls ${times} times as hard.`;
}
