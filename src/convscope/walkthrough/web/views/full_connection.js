/** Full connection: every neuron weighs all the numbers before it and adds them up. */

import { bars } from "convscope/bars.js";
import { range } from "convscope/arrays.js";
import { isOfClasses, largestFirst, stepBefore, valueAt } from "convscope/chain.js";
import { element, link } from "convscope/dom.js";
import { count, full, three } from "convscope/numbers.js";
import { cellOfIndex } from "convscope/receptive.js";
import { vector } from "convscope/vector.js";
import { waterfall } from "convscope/waterfall.js";

/**
 * @typedef {import("convscope/chain.js").FullConnectionStep} FullConnectionStep
 * @typedef {import("convscope/view.js").Context} Context
 * @typedef {import("convscope/state.js").Stop} Stop
 */

const MOST_RELEVANT = 10;

/**
 * @param {FullConnectionStep} step
 * @param {Context} context
 * @returns {import("convscope/view.js").View}
 */
export function fullConnection(step, context) {
  const { chain } = context;
  const before = stepBefore(step);
  const input = vector(before, context, "input", (index) => context.back({ step: before.name, place: [index] }));
  const ofClasses = isOfClasses(chain, step);
  const output = ofClasses ? null : vector(step, context, "output");
  const logits = element("div");
  const middle = element("div");
  const relevance = element("section");
  return {
    input: input.nodes,
    middle: [middle],
    output: output?.nodes ?? [logits],
    below: [relevance],
    show([neuron]) {
      const name = ofClasses ? chain.classes[neuron] : `neuron ${neuron}`;
      output?.mark(neuron);
      input.mark(Number(step.contributions[neuron].inputs[0]));
      middle.replaceChildren(
        element("h3", { class: "output" }, name),
        waterfall(dropsOf(step, context, neuron), valueAt(step, [neuron])),
        check(step, neuron),
      );
      if (!ofClasses) return;
      logits.replaceChildren(classBars(step, context, neuron));
      relevance.replaceChildren(...mostRelevant(step, context, neuron));
    },
    spoken: ([neuron]) =>
      `${ofClasses ? chain.classes[neuron] : `neuron ${neuron}`}: bias ${three(step.bias.data[neuron])} and ${count(before.output.data.length)} products come to ${three(valueAt(step, [neuron]))}`,
  };
}

/**
 * @param {FullConnectionStep} step
 * @param {Context} context
 * @param {number} neuron
 * @returns {import("convscope/waterfall.js").Drop[]}
 */
function dropsOf(step, context, neuron) {
  const before = stepBefore(step);
  const { inputs, weights, products, rest_count, rest_sum } = step.contributions[neuron];
  const named = range(inputs.length).map((place) => ({
    label: origin(step, context, inputs[place]),
    input: before.output.data[inputs[place]],
    weight: weights[place],
    product: products[place],
  }));
  const bias = { label: ["bias"], input: null, weight: null, product: step.bias.data[neuron] };
  const rest = { label: [`${count(rest_count)} smaller ones`], input: null, weight: null, product: rest_sum };
  return rest_count > 0 ? [bias, ...named, rest] : [bias, ...named];
}

/**
 * Where an input came from: the neuron, or the number of the column and the cell of the map that feeds it.
 *
 * @param {FullConnectionStep} step
 * @param {Context} context
 * @param {number} index
 */
function origin(step, context, index) {
  const before = stepBefore(step);
  const direct = context.backTo({ step: before.name, place: [index] });
  if (before.kind !== "flattening") return [link(direct, `neuron ${index}`)];
  const [map, row, column] = cellOfIndex(index, before.input_shape);
  return [link(direct, `number ${index}`), element("span", { class: "quiet" }, ` map ${map} (${row}, ${column})`)];
}

/**
 * @param {FullConnectionStep} step
 * @param {number} neuron
 */
function check(step, neuron) {
  const { products, rest_sum } = step.contributions[neuron];
  const total = Array.from(products).reduce((sum, product) => sum + product, step.bias.data[neuron] + rest_sum);
  return element(
    "p",
    { class: "check" },
    `Shown to three digits, added up in full: ${full(total)}. The walk holds ${full(valueAt(step, [neuron]))}.`,
  );
}

/**
 * @param {FullConnectionStep} step
 * @param {Context} context
 * @param {number} neuron
 */
function classBars(step, context, neuron) {
  const order = largestFirst(step.output.data);
  return bars(
    order.map((index) => ({ label: context.chain.classes[index], value: step.output.data[index] })),
    {
      caption: "Logits, the largest first. Choose a class.",
      chosen: order.indexOf(neuron),
      onChoose: (place) => context.pick([order[place]]),
    },
  );
}

/**
 * Which inputs light up for a class over the whole data, beside the weight that the class gives them.
 *
 * @param {FullConnectionStep} step
 * @param {Context} context
 * @param {number} neuron
 */
function mostRelevant(step, context, neuron) {
  if (step.relevance === null) return [];
  const { shape, data } = step.relevance.mean;
  const [inputs, classes] = shape;
  const means = range(inputs).map((input) => data[input * classes + neuron]);
  const others = range(inputs).map((input) => {
    const all = range(classes).reduce((sum, one) => sum + data[input * classes + one], 0);
    return (all - means[input]) / Math.max(1, classes - 1);
  });
  const order = largestFirst(means.map((mean, input) => mean - others[input])).slice(0, MOST_RELEVANT);
  const name = context.chain.classes[neuron];
  return [
    element("h2", {}, `Which neurons light up for ${name}`),
    element("p", { class: "quiet" }, "Over all pictures of the data, not only this one: the more a neuron lights up for a class and not for the others, the more it has to say about it."),
    element(
      "table",
      { class: "figures" },
      element("thead", {}, element("tr", {}, ["neuron", `mean for ${name}`, "mean for the others", "weight"].map((title) => element("th", { scope: "col" }, title)))),
      element(
        "tbody",
        {},
        order.map((input) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, origin(step, context, input)),
            element("td", {}, three(means[input])),
            element("td", {}, three(others[input])),
            element("td", {}, step.weights ? three(step.weights.data[neuron * inputs + input]) : "not in this walk"),
          ),
        ),
      ),
    ),
  ];
}
