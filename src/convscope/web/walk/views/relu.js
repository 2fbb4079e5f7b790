/**
 * ReLU and ReLU6: negative numbers become 0, others pass unchanged up to a limit. Input and output have the
 * same colour scale.
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { chart } from "convscope/kit/curves.js";
import { element, link } from "convscope/kit/dom.js";
import { number, resultNumber } from "convscope/kit/number.js";
import { percent, three } from "convscope/kit/numbers.js";
import { hasMaps, mapName, stepBefore, valueAt } from "convscope/walk/chain.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { noRelu } from "convscope/walk/no_relu.js";
import { outputMaps, shownMaps } from "convscope/walk/output_maps.js";
import { vector } from "convscope/walk/vector.js";

/**
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/chain.js").ReluStep} ReluStep
 * @typedef {import("convscope/walk/chain.js").Relu6Step} Relu6Step
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 *
 * @typedef {object} Rule  the differences between the two
 * @property {string} name
 * @property {number} cap  the largest possible output
 * @property {[string, string]} formula  text before and after the number
 */

const SIX = 6;

/** @type {Rule} */
const UNCAPPED = { name: "ReLU", cap: Infinity, formula: ["max(0, ", ")"] };

/** @type {Rule} */
const CAPPED = { name: "ReLU6", cap: SIX, formula: ["min(max(0, ", `), ${SIX})`] };

/** @type {import("convscope/walk/view.js").Kind} */
export const relu = {
  short: "ReLU",
  text: {
    does: "Negative numbers become 0; positive numbers stay as they are: max(0, x).",
    attempt: "Find a blue (negative) cell on the left, then the same cell on the right.",
    more: [
      "After ReLU a map shows how strongly its feature is present, but no longer how strongly it is absent.",
      "The bend at 0 is the point: without it, any number of layers would collapse into a single one.",
      "Where a number was set to 0, no gradient flows back during training either.",
    ],
  },
  ...ofRule(UNCAPPED),
};

/** @type {import("convscope/walk/view.js").Kind} */
export const relu6 = {
  short: "ReLU6",
  text: {
    does: "Negative numbers become 0 and numbers above 6 become 6; those between stay as they are: min(max(0, x), 6).",
    attempt: "Find a number above 6 on the left, then the same cell on the right.",
    more: [
      "Up to 6 it is ReLU. The cap keeps all numbers between 0 and 6, so that they can be stored in 8 bits with steps of one size.",
      "Where a number was set to 0 or to 6, no gradient flows back during training.",
    ],
  },
  ...ofRule(CAPPED),
};

/** Return the kind of step for a rule. @param {Rule} rule */
function ofRule(rule) {
  return {
    /** @param {ReluStep | Relu6Step} step @param {Context} context */
    view: (step, context) => draw(step, context, rule),
    /** @param {{name: string}} raw */
    title: ({ name }) => `${rule.name} after ${name.split(".")[0].replaceAll("_", " ")}`,
    /** @param {unknown} _ @param {Step[]} sources */
    output: (_, [before]) => rectified(before.output, rule.cap),
    /** @param {Step[]} sources */
    limit: ([before]) => before.limit,
    /** @param {unknown} _ @param {Step[]} sources */
    mapNames: (_, [before]) => before.map_names,
  };
}

/**
 * @param {ReluStep | Relu6Step} step
 * @param {Context} context
 * @param {Rule} rule
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context, rule) {
  const before = stepBefore(step);
  const sides = hasMaps(step) ? ofMaps(step, context) : ofColumn(step, context);
  const middle = element("div", { class: "stack" });
  return {
    input: [sides.input],
    middle: [middle, shares(step, context)],
    output: [sides.output],
    below: context.chain.no_relu ? [noRelu(context.chain.no_relu, context)] : [],
    show(place) {
      sides.show(place);
      middle.replaceChildren(arithmetic(step, context, place, rule));
    },
    spoken: (place) => `${rule.name} of ${three(valueAt(before, place))} is ${three(valueAt(step, place))}`,
  };
}

/**
 * @param {ReluStep | Relu6Step} step
 * @param {Context} context
 */
function ofMaps(step, context) {
  const input = inputMaps(stepBefore(step), context, { map: context.place[0] });
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
 * @param {ReluStep | Relu6Step} step
 * @param {Context} context
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
 * @param {Step} step
 * @param {Context} context
 * @param {number[]} place
 * @param {Rule} rule
 */
function arithmetic(step, context, place, { name, cap, formula }) {
  const before = stepBefore(step);
  const value = valueAt(before, place);
  const result = valueAt(step, place);
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      { class: "equation" },
      formula[0],
      element("span", { class: "input" }, link(context.backTo({ step: before.name, place }), number(value))),
      `${formula[1]} = `,
      resultNumber(result),
    ),
    element("p", {}, `${three(value)} ${verdict(value, cap)}.`),
    curve(name, cap, before.limit, value),
  );
}

/**
 * @param {number} value
 * @param {number} cap
 */
function verdict(value, cap) {
  if (value < 0) return "is negative, so it becomes 0";
  if (value > cap) return `is above ${cap}, so it becomes ${cap}`;
  return value > 0 ? "is positive, so it stays" : "stays 0";
}

/**
 * Draw the curve with its bends, and the point of one number on it.
 *
 * @param {string} name
 * @param {number} cap
 * @param {number} limit  the largest input
 * @param {number} value
 */
function curve(name, cap, limit, value) {
  const end = Number.isFinite(cap) ? Math.max(limit, cap * 1.5) : limit;
  const x = [-end, 0, ...(cap < end ? [cap] : []), end];
  const y = x.map((one) => Math.min(Math.max(0, one), cap));
  return chart([{ name, x, y }], {
    title: `${name}: 0 up to 0, then the number itself${cap < end ? `, then ${cap}` : ""}`,
    across: "before",
    up: "after",
    at: value,
  });
}

/**
 * @param {ReluStep | Relu6Step} step
 * @param {Context} context
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
    step.kind === "relu6" &&
      element(
        "p",
        {},
        element("strong", {}, percent(step.capped_fraction)),
        ` are above ${SIX} and become ${SIX}.`,
      ),
    each.length > 1 &&
      element(
        "details",
        { class: "stack" },
        element("summary", {}, "Share of each map that becomes 0"),
        bars(
          order.map((map) => ({ label: mapName(step, map), value: each[map] })),
          {
            caption: "",
            chosen: order.indexOf(place[0]),
            shares: true,
            onChoose: (index) => pick([order[index], ...place.slice(1)]),
          },
        ),
      ),
  );
}

/**
 * @param {Tensor} input
 * @param {number} cap
 * @returns {Tensor}
 */
function rectified({ shape, data, scales }, cap) {
  const kept = new Float64Array(data.length);
  for (let place = 0; place < kept.length; place++) kept[place] = Math.min(Math.max(0, data[place]), cap);
  return { shape, data: kept, scales };
}
