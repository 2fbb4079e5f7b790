/**
 * The backward pass through steps with weights, convolutions and full connections: the gradients at the
 * input, and those of the weights.
 *
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/view.js").View} View
 * @typedef {import("convscope/walk/window_sum.js").FilterStep} FilterStep
 * @typedef {import("convscope/walk/chain.js").FullConnectionStep} FullConnectionStep
 * @typedef {import("convscope/kit/address.js").Place} Place
 */

import { element } from "convscope/kit/dom.js";
import { three } from "convscope/kit/numbers.js";
import { mapName, stepBefore } from "convscope/walk/chain.js";
import { backToCell, backToInput } from "convscope/walk/backward/back_sums.js";
import { gradientMaps, strongest } from "convscope/walk/backward/gradient_maps.js";
import { inputCell } from "convscope/walk/backward/input_cell.js";
import { arrivingMaps, valueOf } from "convscope/walk/backward/arriving.js";
import { study } from "convscope/walk/backward/study.js";
import { gradientVector } from "convscope/walk/backward/vectors.js";
import { chosenWeight, weightsOfFilter, weightsOfNeuron } from "convscope/walk/backward/weights.js";

/**
 * @param {FilterStep} step
 * @param {Back} back
 * @returns {View}
 */
export function filters(step, back) {
  const { context, own } = back;
  const before = stepBefore(step);
  const arriving = arrivingMaps(step, back);
  const [filter] = context.place;
  const weight = chosenWeight(step, back);
  const isDepthwise = step.kind === "depthwise_convolution";
  const fits = (/** @type {Place} */ cell) => !isDepthwise || cell[0] === filter;
  const start =
    inputCell(back, before.shape, fits) ?? strongest(own.at_inputs[0], isDepthwise ? filter : null);
  let pinned = start;
  const sum = element("div", { class: "stack" });
  const showCell = (/** @type {Place} */ cell) => {
    passed.show(cell[1], cell[2]);
    if (!learns(back)) sum.replaceChildren(...backToCell(step, back, cell));
  };
  const passed = gradientMaps(own.at_inputs[0], {
    theme: context.theme,
    room: context.room.input,
    role: "input",
    title: "Gradient passed back",
    name: (map) => mapName(before, map),
    place: start,
    point: learns(back) ? undefined : showCell,
    leave: () => showCell(pinned),
    pick(cell) {
      context.keep("cell", cell.join("."));
      if (cell[0] !== start[0]) {
        if (isDepthwise) context.jump([cell[0], ...context.place.slice(1)]);
        else context.set("cell", cell.join("."));
        return;
      }
      pinned = cell;
      showCell(cell);
    },
  });
  showCell(start);
  return {
    input: passed.nodes,
    middle: [parts(back), learns(back) ? weightsOfFilter(step, back, weight, start[0]) : sum],
    output: arriving.nodes,
    below: [study(step, back, weight)],
    show: (at) => arriving.show(at[1], at[2]),
    spoken: (at) => `gradient ${three(valueOf(own.at_output, at))}`,
  };
}

/**
 * @param {FullConnectionStep} step
 * @param {Back} back
 * @returns {View}
 */
export function neurons(step, back) {
  const { context, own } = back;
  const { theme, room } = context;
  const weight = chosenWeight(step, back);
  const before = stepBefore(step);
  const start = inputCell(back, before.shape)?.[0] ?? strongest(own.at_inputs[0])[0];
  let pinned = start;
  const sum = element("div", { class: "stack" });
  const showInput = (/** @type {number} */ index) => {
    passed.show(index);
    if (!learns(back)) sum.replaceChildren(...backToInput(step, back, index));
  };
  const passed = gradientVector(own.at_inputs[0], {
    theme,
    room: room.input,
    role: "input",
    title: "Gradient passed back",
    point: learns(back) ? undefined : showInput,
    leave: () => showInput(pinned),
    pick(index) {
      context.keep("cell", String(index));
      pinned = index;
      showInput(index);
    },
  });
  const arriving = gradientVector(own.at_output, {
    theme,
    room: room.output,
    role: "output",
    title: "Gradient that arrives",
    point: (index) => context.point([index]),
    leave: () => context.leave(),
    pick: (index) => context.jump([index]),
  });
  showInput(start);
  return {
    input: passed.nodes,
    middle: [parts(back), learns(back) ? weightsOfNeuron(step, back, weight) : sum],
    output: arriving.nodes,
    below: [study(step, back, weight)],
    show: ([index]) => arriving.show(index),
    spoken: ([index]) => `gradient ${three(own.at_output.data[index])}`,
  };
}

/**
 * Whether the gradients of the weights are shown instead of those at the input.
 *
 * @param {Back} back
 */
function learns({ context }) {
  return context.state.options.of === "weights";
}

/** @param {Back} back */
function parts(back) {
  const { context } = back;
  const side = (/** @type {string} */ text, /** @type {string} */ value) =>
    element(
      "button",
      {
        type: "button",
        "aria-pressed": String((context.state.options.of ?? "") === value),
        click: () => context.set("of", value),
      },
      text,
    );
  return element(
    "div",
    { class: "segments", role: "group", "aria-label": "what to look at" },
    side("← To the input", ""),
    side("To the weights", "weights"),
  );
}
