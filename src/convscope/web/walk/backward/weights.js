/** The gradients of a step's weights: gradient × input, summed over all places where the weight is used. */

import { largestFirst, mapOf, range } from "convscope/kit/arrays.js";
import { choice } from "convscope/kit/choice.js";
import { limitOf } from "convscope/kit/colours.js";
import { element, link } from "convscope/kit/dom.js";
import { numberGrid } from "convscope/kit/grid.js";
import { column } from "convscope/kit/number.js";
import { format, instead } from "convscope/kit/address.js";
import { isAfterLogits, mapName, stepBefore } from "convscope/walk/chain.js";
import { filterName } from "convscope/walk/filters.js";
import { cellText, valueOf } from "convscope/walk/backward/arriving.js";
import { placeOf, weightName } from "convscope/walk/backward/source.js";
import { termTable } from "convscope/walk/backward/terms.js";

/**
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/backward/terms.js").Term} Term
 * @typedef {import("convscope/walk/window_sum.js").FilterStep} FilterStep
 * @typedef {import("convscope/walk/chain.js").FullConnectionStep} FullConnectionStep
 */

const LISTED = 8;

/**
 * Return the selected weight: the one in the address, otherwise the weight of the selected map or neuron with
 * the largest gradient.
 *
 * @param {FilterStep | FullConnectionStep} step
 * @param {Back} back
 */
export function chosenWeight(step, back) {
  const { context, own } = back;
  const [owner] = context.place;
  const asked = context.state.options.weight ?? "";
  const tensor = `${step.name}.weight`;
  const shape = shapeOf(step);
  const place = placeOf(asked);
  const isOwn = asked.startsWith(`${step.name}.`) && place[0] === owner;
  if (isOwn && asked.startsWith(`${step.name}.bias:`)) return asked;
  if (isOwn && place.length === shape.length && place.every((part, axis) => part >= 0 && part < shape[axis]))
    return asked;
  const size = shape.slice(1).reduce((product, side) => product * side, 1);
  const gradients = own.at_weights
    ? mapOf({ shape: [shape[0], size, 1], data: own.at_weights.data }, owner)
    : range(size).map((index) => weightTerms(step, back, unravel(owner * size + index, shape)).total);
  let best = 0;
  for (let index = 0; index < size; index++)
    if (Math.abs(gradients[index]) > Math.abs(gradients[best])) best = index;
  return weightName({ tensor, place: unravel(owner * size + best, shape) });
}

/**
 * Return the address of this page with a weight selected.
 *
 * @param {Back} back
 * @param {string} weight
 */
export function toWeight({ context }, weight) {
  const { state, place } = context;
  const [owner] = placeOf(weight);
  const step = state.trail.at(-1)?.step ?? "";
  const options = { ...state.options, weight, of: "weights" };
  const at = owner === place[0] ? place : [owner, ...place.slice(1)];
  return format({ ...instead(state, { step, place: at }), options });
}

/**
 * Show the gradients of a filter's weights in one input channel.
 *
 * @param {FilterStep} step
 * @param {Back} back
 * @param {string} weight
 * @param {number} channel  selected input channel
 */
export function weightsOfFilter(step, back, weight, channel) {
  const { context } = back;
  const before = stepBefore(step);
  const [filter] = context.place;
  const [, channels, rows, columns] = step.filters.shape;
  const isBias = weight.includes(".bias:");
  const chosen = placeOf(weight);
  const of = channels === 1 ? 0 : isBias ? channel : chosen[1];
  const places = range(rows * columns).map((index) => [
    filter,
    of,
    Math.floor(index / columns),
    index % columns,
  ]);
  const gradients = places.map((place) => gradientOf(step, back, place));
  const names = range(channels).map((place) =>
    weightName({ tensor: `${step.name}.weight`, place: [filter, place, 0, 0] }),
  );
  const source = channels === 1 && step.kind === "depthwise_convolution" ? filter : of;
  const grid = () =>
    numberGrid(
      {
        caption: channels > 1 || before.shape[0] > 1 ? mapName(before, source) : "",
        role: "weights",
        columns,
        limit: limitOf(gradients),
        cells: places.map((place, index) => {
          const name = weightName({ tensor: `${step.name}.weight`, place });
          return {
            value: gradients[index],
            href: toWeight(back, name),
            role: name === weight ? "winner" : "",
          };
        }),
      },
      context.theme,
    );
  return element(
    "div",
    { class: "stack" },
    element("h3", { class: "weights" }, `Gradient at the weights of ${filterName(step, filter)}`),
    channels > 1 &&
      rows * columns > 1 &&
      choice(
        "on",
        String(of),
        Object.fromEntries(range(channels).map((one) => [String(one), mapName(before, one)])),
        (one) => context.set("weight", names[Number(one)]),
      ),
    channels > 1 && rows * columns === 1 ? strongestChannels(step, back, filter, weight) : grid(),
    biasLink(step, back, filter, isBias),
    ...sumOf(step, back, weight),
  );
}

/**
 * For a filter that spans several channels with one weight each, list the weights with the largest gradients.
 *
 * @param {FilterStep} step
 * @param {Back} back
 * @param {number} filter
 * @param {string} weight  the selected one
 */
function strongestChannels(step, back, filter, weight) {
  const gradients = range(step.filters.shape[1]).map((channel) =>
    gradientOf(step, back, [filter, channel, 0, 0]),
  );
  const order = largestFirst(gradients.map(Math.abs)).slice(0, LISTED);
  const written = column(order.map((channel) => gradients[channel]));
  return weightList(
    order.map((channel, place) => ({
      name: weightName({ tensor: `${step.name}.weight`, place: [filter, channel, 0, 0] }),
      title: `${mapName(stepBefore(step), channel)}: `,
      value: written[place],
    })),
    back,
    weight,
  );
}

/**
 * List weights as links.
 *
 * @param {{name: string, title: string, value: HTMLElement}[]} listed
 * @param {Back} back
 * @param {string} weight  the selected one
 */
function weightList(listed, back, weight) {
  return element(
    "ul",
    { class: "weight-list" },
    listed.map(({ name, title, value }) => {
      const made = link(toWeight(back, name), title, value);
      if (name === weight) made.setAttribute("aria-current", "true");
      return element("li", {}, made);
    }),
  );
}

/**
 * @param {FullConnectionStep} step
 * @param {Back} back
 * @param {string} weight
 */
export function weightsOfNeuron(step, back, weight) {
  const { own, context } = back;
  const [neuron] = context.place;
  const before = stepBefore(step);
  const inputs = before.output.data;
  const arriving = own.at_output.data[neuron];
  const order = range(inputs.length)
    .sort((a, b) => Math.abs(inputs[b]) - Math.abs(inputs[a]))
    .slice(0, LISTED);
  const gradients = column(order.map((input) => arriving * inputs[input]));
  return element(
    "div",
    { class: "stack" },
    element(
      "h3",
      { class: "weights" },
      `Gradient at the weights of ${context.chain.classes[neuron] && isOutput(step, back) ? context.chain.classes[neuron] : `neuron ${neuron}`}`,
    ),
    element("p", { class: "quiet" }, "The largest ones, on the inputs that were largest. Choose one."),
    weightList(
      order.map((input, place) => ({
        name: weightName({ tensor: `${step.name}.weight`, place: [neuron, input] }),
        title: `input ${input}: `,
        value: gradients[place],
      })),
      back,
      weight,
    ),
    biasLink(step, back, neuron, weight.includes(".bias:")),
    ...sumOf(step, back, weight),
  );
}

/**
 * @param {FullConnectionStep} step
 * @param {Back} back
 */
function isOutput(step, { context }) {
  return context.chain.steps.some((after) => isAfterLogits(after) && after.sources[0] === step);
}

/**
 * @param {FilterStep | FullConnectionStep} step
 * @param {Back} back
 * @param {number} owner
 * @param {boolean} isChosen
 */
function biasLink(step, back, owner, isChosen) {
  const name = weightName({ tensor: `${step.name}.bias`, place: [owner] });
  const made = link(toWeight(back, name), "bias: ", column([gradientOf(step, back, [owner])])[0]);
  if (isChosen) made.setAttribute("aria-current", "true");
  return element("p", { class: "weight-list" }, made);
}

/**
 * @param {FilterStep | FullConnectionStep} step
 * @param {Back} back
 * @param {string} weight
 */
function sumOf(step, back, weight) {
  const place = placeOf(weight);
  const { terms, count, total } = weightTerms(step, back, place);
  const held = gradientOf(step, back, place);
  const isFilter = step.kind !== "full_connection";
  return [
    element("h3", { class: "weights" }, weightTitle(step, weight)),
    termTable(terms, {
      from: isFilter ? "output cell" : "neuron",
      other: place.length === 1 ? "one" : "input",
      held: Number.isNaN(held) ? total : held,
      passing: count,
    }),
  ];
}

/**
 * Return the title of a weight.
 *
 * @param {FilterStep | FullConnectionStep} step
 * @param {string} weight
 */
export function weightTitle(step, weight) {
  const place = placeOf(weight);
  if (place.length === 1)
    return `Bias of ${step.kind === "full_connection" ? "neuron" : "filter"} ${place[0]}`;
  if (place.length === 2) return `Weight of neuron ${place[0]} on input ${place[1]}`;
  const [filter, channel, row, column] = place;
  const on =
    step.kind !== "full_connection" && step.filters.shape[1] > 1
      ? ` on ${mapName(stepBefore(step), channel)}`
      : "";
  return `Weight (${row}, ${column}) of filter ${filter}${on}`;
}

/**
 * Return the gradient of a weight or bias: from the walk if it is included, otherwise the sum of its terms.
 *
 * @param {FilterStep | FullConnectionStep} step
 * @param {Back} back
 * @param {number[]} place
 */
function gradientOf(step, back, place) {
  const tensor = place.length === 1 ? back.own.at_bias : back.own.at_weights;
  return tensor ? valueOf(tensor, place) : weightTerms(step, back, place).total;
}

/**
 * Return the terms gradient × input of every place where a weight is used. Places in the padding are left
 * out, as their input is 0.
 *
 * @param {FilterStep | FullConnectionStep} step
 * @param {Back} back
 * @param {number[]} place
 * @returns {{terms: Term[], count: number, total: number}}
 */
function weightTerms(step, { own }, place) {
  const before = stepBefore(step);
  /** @type {Term[]} */
  const terms = [];
  let count = 1;
  if (step.kind === "full_connection") {
    const input = place.length === 1 ? 1 : before.output.data[place[1]];
    terms.push({ from: String(place[0]), gradient: own.at_output.data[place[0]], other: input });
  } else {
    const [, rows, columns] = step.shape;
    const [, height, width] = before.shape;
    count = rows * columns;
    const [filter, channel = 0, i = 0, j = 0] = place;
    const map = step.kind === "depthwise_convolution" ? filter : channel;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const gradient = valueOf(own.at_output, [filter, y, x]);
        const [row, across] = [
          y * step.stride[0] + i - step.padding[0],
          x * step.stride[1] + j - step.padding[1],
        ];
        const isInside = row >= 0 && across >= 0 && row < height && across < width;
        if (place.length > 1 && !isInside) continue;
        const other = place.length === 1 ? 1 : valueOf(before.output, [map, row, across]);
        terms.push({ from: cellText([0, y, x]), gradient, other });
      }
    }
  }
  return { terms, count, total: terms.reduce((sum, { gradient, other }) => sum + gradient * other, 0) };
}

/** @param {FilterStep | FullConnectionStep} step */
function shapeOf(step) {
  const [, ...sides] =
    step.kind === "full_connection" ? [0, stepBefore(step).output.data.length] : step.filters.shape;
  return [step.shape[0], ...sides];
}

/**
 * @param {number} index
 * @param {number[]} shape
 */
function unravel(index, shape) {
  const place = [];
  for (const side of [...shape].reverse()) {
    place.unshift(index % side);
    index = Math.floor(index / side);
  }
  return place;
}
