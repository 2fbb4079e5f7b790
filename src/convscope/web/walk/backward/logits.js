/** Where the way back begins: the loss, softmax and the temperature. */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { element, head } from "convscope/kit/dom.js";
import { column, number } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { shownClasses, stepOfKind } from "convscope/walk/chain.js";
import { allWeights } from "convscope/walk/backward/all_weights.js";

/**
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/view.js").View} View
 */

/**
 * The gradient at what softmax reads is probability minus target, and at the logits that divided by the temperature.
 *
 * @param {import("convscope/walk/chain.js").Step} step
 * @param {Back} back
 * @returns {View}
 */
export function logits(step, back) {
  const { chain } = back.context;
  const { truth } = back;
  const softmax = stepOfKind(chain, "softmax");
  const probabilities = softmax ? Array.from(softmax.output.data) : [];
  const listed = [...new Set([...shownClasses(chain), truth])];
  const order = largestFirst(listed.map((index) => probabilities[index])).map((place) => listed[place]);
  const wrong = probabilities.map((p, index) => p - Number(index === truth));
  const divided = wrong.map((gradient) => gradient / chain.temperature);
  const isScaled = chain.temperature !== 1;
  const labelled = (/** @type {number[]} */ values) =>
    order.map((index) => ({ label: chain.classes[index], value: values[index] }));
  const atLogits = step.kind === "temperature" ? divided : wrong;
  const chosen = order.indexOf(truth);
  return {
    input: [
      bars(labelled(atLogits), {
        caption:
          isScaled && step.kind !== "temperature"
            ? "gradient at the divided logits"
            : "gradient at the logits",
        chosen,
      }),
    ],
    middle: [
      element(
        "p",
        { class: "equation" },
        "loss = −ln(",
        number(probabilities[truth]),
        ") = ",
        element("strong", { class: "output" }, number(-Math.log(probabilities[truth]))),
      ),
      step.kind === "temperature" ? scaling(back, order, wrong) : differences(back, order, probabilities),
    ],
    output: [
      step.kind === "temperature"
        ? bars(labelled(wrong), { caption: "gradient at the divided logits", chosen })
        : bars(labelled(probabilities), { caption: "probabilities", chosen, shares: true }),
    ],
    below: [allWeights(back)],
    spoken: () => `the gradient at the logit of ${chain.classes[truth]} is ${three(atLogits[truth])}`,
  };
}

/**
 * @param {Back} back
 * @param {number[]} order
 * @param {number[]} probabilities
 */
function differences(back, order, probabilities) {
  const { truth } = back;
  const shares = column(order.map((index) => probabilities[index]));
  const wrong = column(order.map((index) => probabilities[index] - Number(index === truth)));
  return table(back, order, ["class", "probability", "−", "target", "=", "gradient"], (place) => [
    element("td", {}, shares[place]),
    element("td", { class: "sign" }, "−"),
    element("td", {}, order[place] === truth ? "1" : "0"),
    element("td", { class: "sign" }, "="),
    element("td", {}, wrong[place]),
  ]);
}

/**
 * @param {Back} back
 * @param {number[]} order
 * @param {number[]} wrong  probability minus target
 */
function scaling(back, order, wrong) {
  const { temperature } = back.context.chain;
  const before = column(order.map((index) => wrong[index]));
  const after = column(order.map((index) => wrong[index] / temperature));
  return table(back, order, ["class", "gradient", "÷", "T", "=", "at the logit"], (place) => [
    element("td", {}, before[place]),
    element("td", { class: "sign" }, "÷"),
    element("td", {}, number(temperature)),
    element("td", { class: "sign" }, "="),
    element("td", {}, after[place]),
  ]);
}

/**
 * @param {Back} back
 * @param {number[]} order
 * @param {string[]} titles
 * @param {(place: number) => HTMLElement[]} cells
 */
function table({ context: { chain }, truth }, order, titles, cells) {
  const rows = order.map((index, place) =>
    element(
      "tr",
      { class: index === truth ? "chosen" : null },
      element("th", { scope: "row" }, chain.classes[index]),
      cells(place),
    ),
  );
  return element("table", { class: "figures" }, head(titles), element("tbody", {}, rows));
}
