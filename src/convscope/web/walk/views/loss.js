/**
 * The loss: how wrong the prediction is, given the true class. Cross-entropy, compared with two other losses.
 */

import { element, link } from "convscope/kit/dom.js";
import { column, number, resultNumber } from "convscope/kit/number.js";
import { counted, percent, three } from "convscope/kit/numbers.js";
import { shownClasses, stepOfKind } from "convscope/walk/chain.js";
import { classTable, gradientTable } from "convscope/walk/class_table.js";
import { classBars, classView } from "convscope/walk/class_view.js";

/**
 * @typedef {import("convscope/walk/chain.js").LossStep} LossStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

/** @type {import("convscope/walk/view.js").Kind} */
export const loss = {
  short: "loss",
  text: {
    does: "The loss measures how wrong the probabilities are, given the true class. Training makes it small.",
    attempt: "Suppose that another class were true. Which loss rises most?",
    more: [
      "Cross-entropy is −ln of the true class's probability: 0 for a confident, correct answer, and without limit for a confident, wrong one.",
      "Classification error is what we want to be small, but it does not change when weights change a little, so there is no gradient to follow.",
    ],
  },
  view: draw,
  output: ofTruths,
};

/**
 * Draw the view.
 *
 * @param {LossStep} step
 * @param {Context} context  its place is the true class
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const { chain } = context;
  const classes = shownClasses(chain);
  const softmax = stepOfKind(chain, "softmax");
  const probabilities = softmax ? Array.from(softmax.output.data) : [];
  const drawn = classBars(context, classes);
  return classView(
    (truth) => ({
      input: [drawn(probabilities, truth, { caption: truthText(chain, truth), shares: true, picks: true })],
      middle: arithmetic(step, context, probabilities, truth),
      output: gradients(step, context, truth),
    }),
    (truth) =>
      `if the true class is ${chain.classes[truth]}, cross-entropy is ${three(lossesOf(step, truth).cross_entropy)}`,
  );
}

/**
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {number} truth
 */
function truthText({ classes, truth: known }, truth) {
  if (known === truth) return `Probabilities. True class: ${classes[truth]}.`;
  if (known === null)
    return `Probabilities, assuming that the true class is ${classes[truth]}. Choose another to compare.`;
  return `Probabilities, as if the true class were ${classes[truth]}. It is ${classes[known]}.`;
}

/**
 * @param {LossStep} step
 * @param {Context} context
 * @param {number[]} probabilities
 * @param {number} truth
 */
function arithmetic(step, context, probabilities, truth) {
  const { classes } = context.chain;
  const { cross_entropy, squared_error, classification_error } = lossesOf(step, truth);
  const squares = probabilities.map((p, index) => (p - Number(index === truth)) ** 2);
  const listed = shownClasses(context.chain);
  const others = classes.length - listed.length;
  const squaresListed = listed.map((index) => squares[index]);
  const restSquares = squared_error - squaresListed.reduce((sum, square) => sum + square, 0);
  const shares = column(listed.map((index) => probabilities[index]));
  const squared = column([...squaresListed, restSquares, squared_error]);
  const back = context.backTo({ step: "softmax", place: [truth] });
  const predicted = probabilities.indexOf(Math.max(...probabilities));
  return [
    element("h3", {}, "Cross-entropy"),
    element(
      "p",
      { class: "equation" },
      "−ln(",
      link(back, number(probabilities[truth])),
      ") = ",
      resultNumber(cross_entropy),
    ),
    element(
      "p",
      { class: "quiet" },
      "Only the true class's probability counts. As it approaches 0, the loss grows without limit.",
    ),
    element("h3", {}, "Squared error"),
    classTable(
      ["class", "probability", "target", "squared difference"],
      listed,
      truth,
      (index) => classes[index],
      [shares, listed.map((index) => (index === truth ? "1" : "0")), squared],
      {
        others:
          others > 0 &&
          element(
            "tr",
            {},
            element("th", { scope: "row", colspan: 3 }, counted(others, "other")),
            element("td", {}, squared[listed.length]),
          ),
        foot: element(
          "tr",
          {},
          element("th", { scope: "row", colspan: 3 }, "sum"),
          element("td", { class: "output" }, squared[listed.length + 1]),
        ),
      },
    ),
    element("h3", {}, "Classification error"),
    element(
      "p",
      {},
      `The most probable class is ${classes[predicted]}, ${percent(probabilities[predicted])}: `,
      resultNumber(classification_error),
      classification_error === 0 ? ", correct." : ", wrong.",
    ),
  ];
}

/**
 * @param {LossStep} step
 * @param {Context} context
 * @param {number} truth
 */
function gradients(step, { chain }, truth) {
  const { gradients: of } = lossesOf(step, truth);
  const listed = shownClasses(chain);
  return gradientTable(
    chain,
    listed,
    truth,
    {
      crossEntropy: listed.map((index) => of.cross_entropy[index]),
      squared: listed.map((index) => of.squared_error[index]),
    },
    "Cross-entropy's gradient is probability minus target: the more wrong, the larger. Squared error's is multiplied by the probabilities once more, so a confidently wrong network gets almost no gradient. Classification error's is 0 everywhere: nothing to learn from.",
  );
}

/**
 * Return the losses for a true class. Classes that the walk does not contain fall back to the first one.
 *
 * @param {LossStep} step
 * @param {number} truth
 */
function lossesOf({ truths }, truth) {
  return truths.find((one) => one.truth === truth) ?? truths[0];
}

/**
 * Return the cross-entropy for each true class, NaN for classes that the walk does not contain.
 *
 * @param {LossStep} step
 * @param {import("convscope/walk/chain.js").Step[]} sources
 * @returns {import("convscope/kit/arrays.js").Tensor}
 */
function ofTruths({ truths }, [{ shape }]) {
  const losses = new Float64Array(shape[0]).fill(NaN);
  for (const { truth, cross_entropy } of truths) losses[truth] = cross_entropy;
  return { shape, data: losses };
}
