/**
 * Temperature scaling: the logits are divided by one number, so that the probabilities match how often the
 * network is right.
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { element, link } from "convscope/kit/dom.js";
import { column, number, resultNumber } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { shownClasses, stepBefore, valueAt } from "convscope/walk/chain.js";
import { classTable } from "convscope/walk/class_table.js";
import { classBars, classView } from "convscope/walk/class_view.js";
import { outputName } from "convscope/walk/truth.js";

/**
 * @typedef {import("convscope/walk/chain.js").TemperatureStep} TemperatureStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

/** @type {import("convscope/walk/view.js").Kind} */
export const temperature = {
  short: "÷ T",
  text: {
    does: "Temperature scaling: every logit is divided by the same number T, so that the confidence matches how often the network is right.",
    attempt: "Compare the gaps between the logits before and after. Does their order change?",
    more: [
      "T above 1 moves the probabilities towards each other, T below 1 moves them apart. The most probable class stays the same.",
      "T is fitted after training, on held-out pictures; during training it is 1.",
    ],
  },
  view: draw,
};

/**
 * @param {TemperatureStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const { classes } = context.chain;
  const before = stepBefore(step);
  const listed = shownClasses(context.chain);
  const order = largestFirst(listed.map((index) => step.output.data[index])).map((place) => listed[place]);
  const drawn = classBars(context, order);
  return classView(
    (chosen) => ({
      input: [drawn(before.output.data, chosen, { caption: "logits" })],
      middle: arithmetic(step, context, chosen, order),
      output: [
        drawn(step.output.data, chosen, { caption: "logits divided by the temperature", picks: true }),
      ],
    }),
    (chosen) =>
      `${classes[chosen]}: ${three(valueAt(before, [chosen]))} divided by ${three(step.temperature)} is ${three(valueAt(step, [chosen]))}`,
  );
}

/**
 * @param {TemperatureStep} step
 * @param {Context} context
 * @param {number} chosen
 * @param {number[]} order
 */
function arithmetic(step, { chain, backTo }, chosen, order) {
  const before = stepBefore(step);
  const [logits, scaled] = [before, step].map(({ output }) =>
    column(order.map((index) => output.data[index])),
  );
  return [
    element("h3", { class: "output" }, chain.classes[chosen]),
    element(
      "p",
      { class: "equation" },
      number(valueAt(before, [chosen])),
      " / ",
      number(step.temperature),
      " = ",
      resultNumber(valueAt(step, [chosen])),
    ),
    classTable(
      [outputName(chain), "logit", `divided by ${three(step.temperature)}`],
      order,
      chosen,
      (index) => link(backTo({ step: before.name, place: [index] }), chain.classes[index]),
      [logits, scaled],
    ),
    element(
      "p",
      { class: "quiet" },
      step.temperature > 1
        ? `T = ${three(step.temperature)} is above 1: without it the network would be overconfident.`
        : `T = ${three(step.temperature)} is below 1: without it the network would be underconfident.`,
    ),
  ];
}
