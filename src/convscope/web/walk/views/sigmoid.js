/**
 * Sigmoid: each logit becomes a probability of its own. A label is predicted if its probability reaches its
 * threshold.
 */

import { element, link } from "convscope/kit/dom.js";
import { column, number, resultNumber } from "convscope/kit/number.js";
import { percent, three } from "convscope/kit/numbers.js";
import { logitName, shownClasses, stepBefore } from "convscope/walk/chain.js";
import { classTable } from "convscope/walk/class_table.js";
import { classBars, classView } from "convscope/walk/class_view.js";
import { sigmoidChart } from "convscope/walk/sigmoid_chart.js";

/**
 * @typedef {import("convscope/walk/chain.js").SigmoidStep} SigmoidStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

/** @type {import("convscope/walk/view.js").Kind} */
export const sigmoid = {
  short: "sigmoid",
  text: {
    does: "A sigmoid turns each logit into a probability, independent of the other logits. A label is found if its probability reaches its threshold.",
    attempt:
      "Check one probability with a calculator: 1 divided by 1 plus e to the power of minus the logit.",
    more: [
      "Why not softmax? Its probabilities add up to 1: the more probable one class is, the less probable all others are. Here two labels may both be right, or none.",
      "The logit is the log odds of the label. At 0 the probability is one half; each 1 more multiplies the odds by e ≈ 2.72.",
      "Each threshold is the one with the best F1 of its label on held-out pictures. A rare label may need a threshold below one half to be found at all.",
    ],
  },
  view: draw,
};

/**
 * @param {SigmoidStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const { classes, labels } = context.chain;
  const order = shownClasses(context.chain).sort((a, b) => step.logits[b] - step.logits[a]);
  const found = order.map((index) => labels?.answer.includes(index) ?? false);
  const marks = order.map((index) => thresholdOf(context, index));
  const listed = classBars(context, order);
  return {
    ...classView(
      (chosen) => ({
        input: [listed(step.logits, chosen, { caption: logitName(step) })],
        middle: arithmetic(step, context, chosen, order),
        output: [
          listed(step.output.data, chosen, {
            caption: "probabilities, each with its threshold; the labels found are bold",
            shares: true,
            answers: found,
            marks,
            picks: true,
          }),
        ],
      }),
      (chosen) =>
        `${classes[chosen]}: 1 divided by 1 plus ${three(step.exponentials[chosen])} is ${percent(step.output.data[chosen])}, ${verdict(context, chosen)}`,
    ),
    below: [comparison(step, context, order)],
  };
}

/**
 * @param {Context} context
 * @param {number} label
 */
function thresholdOf({ chain }, label) {
  return chain.labels?.thresholds[label] ?? 0.5;
}

/**
 * @param {Context} context
 * @param {number} label
 */
function verdict(context, label) {
  const isFound = context.chain.labels?.answer.includes(label);
  return `${isFound ? "at or above" : "below"} its threshold of ${percent(thresholdOf(context, label))}: ${isFound ? "found" : "not found"}`;
}

/**
 * @param {SigmoidStep} step
 * @param {Context} context
 * @param {number} chosen
 * @param {number[]} order
 */
function arithmetic(step, context, chosen, order) {
  const { classes, labels } = context.chain;
  const { logits, exponentials, output } = step;
  const before = stepBefore(step);
  const points = order.map((index) => ({
    name: classes[index],
    logit: logits[index],
    probability: output.data[index],
    isFound: labels?.answer.includes(index) ?? false,
  }));
  return [
    element("h3", { class: "output" }, classes[chosen]),
    element(
      "p",
      { class: "equation" },
      "1 / (1 + e",
      element("sup", {}, logits[chosen] < 0 ? `−(${three(logits[chosen])})` : `−${three(logits[chosen])}`),
      ") = 1 / (1 + ",
      number(exponentials[chosen]),
      ") = ",
      resultNumber(output.data[chosen]),
    ),
    element("p", {}, `${percent(output.data[chosen])} is ${verdict(context, chosen)}.`),
    element("p", { class: "quiet" }, `1 / (1 + exp(−z)), where z is the ${logitName(step)}:`),
    sigmoidChart(step.curve, points, order.indexOf(chosen), thresholdOf(context, chosen), logitName(step)),
    classTable(
      ["label", "z", "exp(−z)", "probability", "threshold"],
      order,
      chosen,
      (index) => link(context.backTo({ step: before.name, place: [index] }), classes[index]),
      [
        column(order.map((index) => logits[index])),
        column(order.map((index) => exponentials[index])),
        column(order.map((index) => output.data[index])),
        column(order.map((index) => thresholdOf(context, index))),
      ],
    ),
  ];
}

/**
 * Compare with the softmax of the same logits.
 *
 * @param {SigmoidStep} step
 * @param {Context} context
 * @param {number[]} order
 */
function comparison(step, { chain }, order) {
  const { output, softmax } = step;
  const sum = Array.from(output.data).reduce((total, p) => total + p, 0);
  const found = (chain.labels?.answer ?? []).map((index) => chain.classes[index]);
  const names = [found.slice(0, -1).join(", "), ...found.slice(-1)].filter(Boolean).join(" and ");
  const sums = column([sum, 1]);
  const because =
    found.length > 1
      ? `Here ${names} were found. Softmax would make them share one whole, so that none could be certain as long as another is there.`
      : found.length === 1
        ? `Here only ${names} was found, as softmax could say, too. But it could not say that there are two labels, or none.`
        : "Here no label was found. Softmax cannot say so: it always gives the whole away, however small all logits are.";
  return element(
    "section",
    { class: "stack" },
    element("h2", {}, "Why a sigmoid for each label, and not softmax"),
    element("p", {}, because),
    classTable(
      ["label", "sigmoid", "softmax of the same logits"],
      order,
      -1,
      (index) => chain.classes[index],
      [column(order.map((index) => output.data[index])), column(order.map((index) => softmax[index]))],
      {
        foot: element(
          "tr",
          {},
          element("th", { scope: "row" }, order.length < chain.classes.length ? "sum of all labels" : "sum"),
          sums.map((one) => element("td", {}, one)),
        ),
      },
    ),
  );
}
