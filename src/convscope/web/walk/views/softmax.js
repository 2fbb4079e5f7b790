/** Softmax: logits become probabilities that sum to 1. */

import { element, link } from "convscope/kit/dom.js";
import { column, number, resultNumber } from "convscope/kit/number.js";
import { counted, percent, three } from "convscope/kit/numbers.js";
import { logitName, shownClasses, stepBefore, valueAt } from "convscope/walk/chain.js";
import { classTable } from "convscope/walk/class_table.js";
import { classBars, classView } from "convscope/walk/class_view.js";

/**
 * @typedef {import("convscope/walk/chain.js").SoftmaxStep} SoftmaxStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

/** @type {import("convscope/walk/view.js").Kind} */
export const softmax = {
  short: "softmax",
  text: {
    does: "Exponentials make the logits positive, and dividing each by their sum turns them into probabilities that add up to 1.",
    attempt: "Check one probability with a calculator: e to the power of the difference, divided by the sum.",
    more: [
      "Only differences between logits matter: add 5 to all of them and nothing changes.",
      "A logit that is larger than another by 1 gets e ≈ 2.72 times its probability.",
    ],
  },
  view: draw,
};

/**
 * @param {SoftmaxStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const { classes } = context.chain;
  const order = shownClasses(context.chain).sort((a, b) => step.logits[b] - step.logits[a]);
  const listed = classBars(context, order);
  return classView(
    (chosen) => ({
      input: [listed(step.logits, chosen, { caption: logitName(step) })],
      middle: arithmetic(step, context, chosen, order),
      output: [listed(step.output.data, chosen, { caption: "probabilities", shares: true, picks: true })],
    }),
    (chosen) =>
      `${classes[chosen]}: ${three(step.exponentials[chosen])} divided by ${three(step.sum)} is ${percent(step.output.data[chosen])}`,
  );
}

/**
 * @param {SoftmaxStep} step
 * @param {Context} context
 * @param {number} chosen
 * @param {number[]} order
 */
function arithmetic(step, context, chosen, order) {
  const { classes } = context.chain;
  const { logits, largest, exponentials, output } = step;
  const before = stepBefore(step);
  const of = (/** @type {ArrayLike<number>} */ values, /** @type {number[]} */ ...more) =>
    column([...order.map((index) => values[index]), ...more]);
  const logit = of(logits);
  const others = classes.length - order.length;
  const restExponential = step.sum - order.reduce((sum, index) => sum + exponentials[index], 0);
  const exponential = of(exponentials, restExponential, step.sum);
  const share = of(output.data, restExponential / step.sum, 1);
  const differences = column(order.map((index) => logits[index] - largest));
  return [
    element("h3", { class: "output" }, classes[chosen]),
    element(
      "p",
      { class: "equation" },
      "e",
      element(
        "sup",
        {},
        three(logits[chosen]),
        " − ",
        three(largest).replace("−", "(−") + (largest < 0 ? ")" : ""),
      ),
      " / ",
      number(step.sum),
      " = ",
      number(exponentials[chosen]),
      " / ",
      number(step.sum),
      " = ",
      resultNumber(valueAt(step, [chosen])),
    ),
    classTable(
      ["class", logitName(step), "minus largest", "exponential", "probability"],
      order,
      chosen,
      (index) => link(context.backTo({ step: before.name, place: [index] }), classes[index]),
      [logit, differences, exponential, share],
      {
        others:
          others > 0 &&
          element(
            "tr",
            {},
            element("th", { scope: "row", colspan: 3 }, counted(others, "other")),
            element("td", {}, exponential[order.length]),
            element("td", {}, share[order.length]),
          ),
        foot: element(
          "tr",
          {},
          element("th", { scope: "row", colspan: 3 }, "sum"),
          element("td", {}, exponential[order.length + 1]),
          element("td", {}, share[order.length + 1]),
        ),
      },
    ),
    element(
      "p",
      { class: "quiet" },
      "Subtracting the largest logit first does not change the result, and keeps the exponentials from overflowing.",
    ),
  ];
}
