/** ReLU: negative numbers become 0, the others stay; drawn without and with, in the same colours. */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { element, link } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { percent, three } from "convscope/kit/numbers.js";
import { hasMaps, mapName, stepBefore, valueAt } from "convscope/walk/chain.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { noRelu } from "convscope/walk/no_relu.js";
import { outputMaps, shownMaps } from "convscope/walk/output_maps.js";
import { vector } from "convscope/walk/vector.js";

/** @type {import("convscope/walk/view.js").Kind} */
export const relu = {
  short: "ReLU",
  text: {
    does: "Negative numbers become 0; positive numbers stay as they are: max(0, x).",
    attempt: "Find a blue (negative) cell on the left, then the same cell on the right.",
    more: [
      "After ReLU a map says how strongly its feature is present, and no longer how strongly it is absent.",
      "The bend at 0 is the point: without it, any number of layers would collapse into a single one.",
      "Where a number was set to 0, no gradient flows back during training either.",
    ],
  },
  view: draw,
  title: ({ name }) => `ReLU after ${name.split(".")[0].replaceAll("_", " ")}`,
  output: (_, before) => rectified(before.output),
  limit: (before) => before.limit,
  mapNames: (_, before) => before.map_names,
};

/**
 * @param {import("convscope/walk/chain.js").ReluStep} step
 * @param {import("convscope/walk/view.js").Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const before = stepBefore(step);
  const sides = hasMaps(step) ? ofMaps(step, context) : ofColumn(step, context);
  const middle = element("div", { class: "stack" });
  return {
    input: [element("h3", {}, "without ReLU"), sides.input],
    middle: [middle, shares(step, context)],
    output: [element("h3", {}, "with ReLU"), sides.output],
    below: context.chain.no_relu ? [noRelu(context.chain.no_relu, context)] : [],
    show(place) {
      sides.show(place);
      middle.replaceChildren(arithmetic(before, step, context, place));
    },
    spoken: (place) => `max of 0 and ${three(valueAt(before, place))} is ${three(valueAt(step, place))}`,
  };
}

/**
 * @param {import("convscope/walk/chain.js").ReluStep} step
 * @param {import("convscope/walk/view.js").Context} context
 */
function ofMaps(step, context) {
  const input = inputMaps(stepBefore(step), context, { map: context.place[0], all: false });
  const output = outputMaps(step, context);
  return {
    input: input.nodes,
    output: output.nodes,
    /** @param {number[]} place */
    show([, row, column]) {
      input.mark({ top: row, left: column, height: 1, width: 1 });
      output.show(row, column);
    },
  };
}

/**
 * @param {import("convscope/walk/chain.js").ReluStep} step
 * @param {import("convscope/walk/view.js").Context} context
 */
function ofColumn(step, context) {
  const before = stepBefore(step);
  const input = vector(before, context, "input", (index) =>
    context.back({ step: before.name, place: [index] }),
  );
  const output = vector(step, context, "output");
  return {
    input: input.nodes,
    output: output.nodes,
    /** @param {number[]} place */
    show([index]) {
      input.mark(index);
      output.mark(index);
    },
  };
}

/**
 * @param {import("convscope/walk/chain.js").Step} before
 * @param {import("convscope/walk/chain.js").Step} step
 * @param {import("convscope/walk/view.js").Context} context
 * @param {number[]} place
 */
function arithmetic(before, step, context, place) {
  const value = valueAt(before, place);
  const result = valueAt(step, place);
  const verdict =
    value < 0 ? "is negative, so it becomes 0" : value > 0 ? "is positive, so it stays" : "stays 0";
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      { class: "equation" },
      "max(0, ",
      element("span", { class: "input" }, link(context.backTo({ step: before.name, place }), number(value))),
      ") = ",
      element("strong", { class: "output" }, number(result)),
    ),
    element("p", {}, `${three(value)} ${verdict}.`),
  );
}

/**
 * @param {import("convscope/walk/chain.js").ReluStep} step
 * @param {import("convscope/walk/view.js").Context} context
 */
function shares(step, context) {
  const { place, pick } = context;
  const each = step.silenced.data;
  const shown = hasMaps(step) ? new Set(shownMaps(step, context)) : new Set();
  const order = largestFirst(each).filter((map) => shown.has(map));
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      {},
      element("strong", {}, percent(step.silenced_fraction)),
      " of all the numbers are negative and become 0.",
    ),
    each.length > 1 &&
      bars(
        order.map((map) => ({ label: mapName(step, map), value: each[map] })),
        {
          caption: "share of each map that becomes 0",
          chosen: order.indexOf(place[0]),
          shares: true,
          onChoose: (index) => pick([order[index], ...place.slice(1)]),
        },
      ),
  );
}

/**
 * @param {import("convscope/kit/arrays.js").Tensor} input
 * @returns {import("convscope/kit/arrays.js").Tensor}
 */
function rectified({ shape, data, scales }) {
  const kept = new Float64Array(data.length);
  for (let place = 0; place < kept.length; place++) kept[place] = Math.max(0, data[place]);
  return { shape, data: kept, scales };
}
