/** Full connection: every neuron computes a weighted sum of all its inputs. */

import { largestFirst, range, rowOf } from "convscope/kit/arrays.js";
import { element, flat, head, link } from "convscope/kit/dom.js";
import { count, counted, full, three } from "convscope/kit/numbers.js";
import { cellOf, isOfClasses, stepBefore, valueAt } from "convscope/walk/chain.js";
import { classBars } from "convscope/walk/class_view.js";
import { vector } from "convscope/walk/vector.js";
import { waterfall } from "convscope/walk/waterfall.js";

/**
 * @typedef {import("convscope/walk/chain.js").FullConnectionStep} FullConnectionStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/address.js").Stop} Stop
 */

const MOST_CONTRIBUTIONS = 8;
const MOST_RELEVANT = 10;

/** @type {import("convscope/walk/view.js").Kind} */
export const fullConnection = {
  short: "full",
  text: {
    does: "A fully connected (dense) layer: every neuron multiplies each input by its own weight, adds up the products, and adds its bias.",
    attempt: "Follow the largest contribution back until you reach the pixels.",
    more: [
      "A positive contribution raises the neuron's output, a negative one lowers it. It is large when both the input and the weight are large.",
      "In the last layer each neuron stands for one class. Its result is called a logit: the evidence for that class.",
      "If the input column is long, most of a network's weights are here: one for every pair of input and neuron.",
    ],
  },
  view: draw,
};

/**
 * @param {FullConnectionStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const { chain } = context;
  const before = stepBefore(step);
  const input = vector(before, context, "input", (index) =>
    context.back({ step: before.name, place: [index] }),
  );
  const ofClasses = isOfClasses(chain, step);
  const output = ofClasses ? null : vector(step, context, "output");
  const logits = element("div", { class: "stack" });
  const middle = element("div", { class: "stack" });
  const drawn = classBars(context, largestFirst(step.output.data));
  const relevance = element("section");
  return {
    input: input.nodes,
    middle: [middle],
    output: output?.nodes ?? [logits],
    below: [relevance],
    show([neuron]) {
      const name = ofClasses ? chain.classes[neuron] : `neuron ${neuron}`;
      output?.mark(neuron);
      input.mark(rowOf(step.contributions.inputs, neuron)[0]);
      middle.replaceChildren(
        element("h3", { class: "output" }, name),
        waterfall(dropsOf(step, context, neuron), valueAt(step, [neuron])),
        check(step, neuron),
        ...flat([unfold(step, context)]),
      );
      if (!ofClasses) return;
      logits.replaceChildren(
        drawn(step.output.data, neuron, { caption: "Logits, largest first. Choose a class.", picks: true }),
      );
      relevance.replaceChildren(...mostRelevant(step, context, neuron));
    },
    spoken: ([neuron]) =>
      `${ofClasses ? chain.classes[neuron] : `neuron ${neuron}`}: bias ${three(step.bias.data[neuron])} and ${count(before.output.data.length)} products come to ${three(valueAt(step, [neuron]))}`,
  };
}

/**
 * Return the bias and all contributions, largest first; the smaller ones are summed up unless the address
 * asks for all.
 *
 * @param {FullConnectionStep} step
 * @param {Context} context
 * @param {number} neuron
 * @returns {import("convscope/walk/waterfall.js").Drop[]}
 */
function dropsOf(step, context, neuron) {
  const before = stepBefore(step);
  const { contributions } = step;
  const weights = rowOf(contributions.weights, neuron);
  const products = rowOf(contributions.products, neuron);
  const drops = Array.from(rowOf(contributions.inputs, neuron), (index, place) => ({
    label: origin(step, context, index),
    input: before.output.data[index],
    weight: weights[place],
    product: products[place],
  }));
  const listed = context.state.options.contributions === "all" ? drops.length : MOST_CONTRIBUTIONS;
  const folded = drops.slice(listed);
  const others = folded.length + contributions.rest_count;
  const bias = { label: ["bias"], input: null, weight: null, product: step.bias.data[neuron] };
  const rest = {
    label: [counted(others, "smaller one")],
    input: null,
    weight: null,
    product: folded.reduce((sum, { product }) => sum + product, contributions.rest_sums.data[neuron]),
  };
  return [bias, ...drops.slice(0, listed), ...(others > 0 ? [rest] : [])];
}

/**
 * @param {FullConnectionStep} step
 * @param {Context} context
 */
function unfold(step, { state, set }) {
  const length = step.contributions.inputs.shape[1];
  if (length <= MOST_CONTRIBUTIONS) return null;
  const all = state.options.contributions === "all";
  return element(
    "button",
    { type: "button", click: () => set("contributions", all ? "" : "all") },
    all ? `Show the ${MOST_CONTRIBUTIONS} largest` : `Show the ${length} largest`,
  );
}

/**
 * Describe where an input comes from: the neuron, or the index in the vector and the cell of the map that
 * feeds it.
 *
 * @param {FullConnectionStep} step
 * @param {Context} context
 * @param {number} index
 */
function origin(step, context, index) {
  const before = stepBefore(step);
  const stop = { step: before.name, place: [index] };
  const cell = cellOf(before, [index]);
  if (cell === null) return [link(context.backTo(stop), `${before.unit} ${index}`)];
  const cellStop = { step: stepBefore(before).name, place: cell };
  return [
    link(context.backTo(stop), String(index)),
    " ",
    link(context.backTo(stop, cellStop), `map ${cell[0]} (${cell[1]}, ${cell[2]})`),
  ];
}

/**
 * @param {FullConnectionStep} step
 * @param {number} neuron
 */
function check(step, neuron) {
  const { products, rest_sums } = step.contributions;
  const total = Array.from(rowOf(products, neuron)).reduce(
    (sum, product) => sum + product,
    step.bias.data[neuron] + rest_sums.data[neuron],
  );
  return element(
    "p",
    { class: "check" },
    `Exact sum: ${full(total)}; the walk contains ${full(valueAt(step, [neuron]))}.`,
    stepBefore(step).output.scales
      ? " The inputs shown are rounded like their maps; the products were computed from exact inputs."
      : null,
  );
}

/**
 * List the inputs with the highest relevance for a class over the whole data set, with the weight of each for
 * the class.
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
    element("h2", {}, `Which inputs respond to ${name}`),
    element(
      "p",
      { class: "quiet" },
      `Mean over ${count(step.relevance.pictures[neuron])} test pictures of ${name}, compared with the mean over the other classes. An input that responds to one class only is good evidence for that class.`,
    ),
    element(
      "table",
      { class: "figures" },
      head(["input", `mean for ${name}`, "mean for other classes", "weight"]),
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
            element(
              "td",
              {},
              step.weights ? three(step.weights.data[neuron * inputs + input]) : "not in this walk",
            ),
          ),
        ),
      ),
    ),
  ];
}
