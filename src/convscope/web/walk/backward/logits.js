/** Where the backward pass starts: the loss, softmax or sigmoid, and the temperature. */

import { largestFirst } from "convscope/kit/arrays.js";
import { element, head } from "convscope/kit/dom.js";
import { column, number, resultNumber } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { probabilitiesOf, shownClasses } from "convscope/walk/chain.js";
import { classBars } from "convscope/walk/class_view.js";
import { focusOf, membersOf, outputName } from "convscope/walk/truth.js";
import { allWeights } from "convscope/walk/backward/all_weights.js";

/**
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/view.js").View} View
 */

/**
 * Show the gradient at the input of softmax or sigmoid, probability minus target, and at the logits, the same
 * divided by the temperature.
 *
 * @param {import("convscope/walk/chain.js").Step} step
 * @param {Back} back
 * @returns {View}
 */
export function logits(step, back) {
  const { chain } = back.context;
  const { truth } = back;
  const probabilities = probabilitiesOf(chain);
  const members = membersOf(chain, truth);
  const listed = [...new Set([...shownClasses(chain), ...members])];
  const order = largestFirst(listed.map((index) => probabilities[index])).map((place) => listed[place]);
  const wrong = probabilities.map((p, index) => p - Number(members.includes(index)));
  const divided = wrong.map((gradient) => gradient / chain.temperature);
  const isScaled = chain.temperature !== 1;
  const drawn = classBars(back.context, order);
  const atLogits = step.kind === "temperature" ? divided : wrong;
  const focus = focusOf(chain, truth);
  return {
    input: [
      drawn(atLogits, focus, {
        caption:
          isScaled && step.kind !== "temperature"
            ? "gradient at the divided logits"
            : "gradient at the logits",
      }),
    ],
    middle: [
      element("p", { class: "equation" }, lossEquation(back, probabilities)),
      step.kind === "temperature" ? scaling(back, order, wrong) : differences(back, order, probabilities),
    ],
    output: [
      step.kind === "temperature"
        ? drawn(wrong, focus, { caption: "gradient at the divided logits" })
        : drawn(probabilities, focus, { caption: "probabilities", shares: true }),
    ],
    below: [allWeights(back)],
    spoken: () => `the gradient at the logit of ${chain.classes[focus]} is ${three(atLogits[focus])}`,
  };
}

/**
 * Write out the loss: of one class, or summed over the labels.
 *
 * @param {Back} back
 * @param {number[]} probabilities
 */
function lossEquation({ context: { chain }, truth }, probabilities) {
  const loss = chain.steps[chain.steps.length - 1];
  if (loss.kind !== "binary_cross_entropy")
    return [
      "loss = −ln(",
      number(probabilities[truth]),
      ") = ",
      resultNumber(-Math.log(probabilities[truth])),
    ];
  const members = membersOf(chain, truth);
  const parts = loss.labels.map(({ label, present, absent }) => (members.includes(label) ? present : absent));
  const sum = parts.reduce((total, { cross_entropy }) => total + cross_entropy, loss.others);
  return ["loss = sum over the labels = ", resultNumber(sum)];
}

/**
 * @param {Back} back
 * @param {number[]} order
 * @param {number[]} probabilities
 */
function differences(back, order, probabilities) {
  const members = membersOf(back.context.chain, back.truth);
  const shares = column(order.map((index) => probabilities[index]));
  const wrong = column(order.map((index) => probabilities[index] - Number(members.includes(index))));
  return table(
    back,
    order,
    [outputName(back.context.chain), "probability", "−", "target", "=", "gradient"],
    (place) => [
      element("td", {}, shares[place]),
      element("td", { class: "sign" }, "−"),
      element("td", {}, members.includes(order[place]) ? "1" : "0"),
      element("td", { class: "sign" }, "="),
      element("td", {}, wrong[place]),
    ],
  );
}

/**
 * Show the division by the temperature.
 *
 * @param {Back} back
 * @param {number[]} order
 * @param {number[]} wrong  probability minus target
 */
function scaling(back, order, wrong) {
  const { temperature } = back.context.chain;
  const before = column(order.map((index) => wrong[index]));
  const after = column(order.map((index) => wrong[index] / temperature));
  return table(
    back,
    order,
    [outputName(back.context.chain), "gradient", "÷", "T", "=", "at the logit"],
    (place) => [
      element("td", {}, before[place]),
      element("td", { class: "sign" }, "÷"),
      element("td", {}, number(temperature)),
      element("td", { class: "sign" }, "="),
      element("td", {}, after[place]),
    ],
  );
}

/**
 * @param {Back} back
 * @param {number[]} order
 * @param {string[]} titles
 * @param {(place: number) => HTMLElement[]} cells
 */
function table({ context: { chain }, truth }, order, titles, cells) {
  const members = membersOf(chain, truth);
  const rows = order.map((index, place) =>
    element(
      "tr",
      { class: members.includes(index) ? "chosen" : null },
      element("th", { scope: "row" }, chain.classes[index]),
      cells(place),
    ),
  );
  return element("table", { class: "figures" }, head(titles), element("tbody", {}, rows));
}
