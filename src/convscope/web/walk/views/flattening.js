/** Flattening: the maps as one vector, one map after the other, each row by row. */

import { element, flat, link } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { count, three } from "convscope/kit/numbers.js";
import { cellOfIndex } from "convscope/kit/receptive.js";
import { isInside, stepBefore, valueAt } from "convscope/walk/chain.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { vector } from "convscope/walk/vector.js";

/**
 * @typedef {import("convscope/walk/chain.js").FlatteningStep} FlatteningStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

/** @type {import("convscope/walk/view.js").Kind} */
export const flattening = {
  short: "flatten",
  text: {
    does: "The maps are read row by row, one map after the other, into a single column. Nothing is computed and nothing is lost.",
    attempt: "Look a number up by its index, and check the formula on paper.",
    more: [
      "A neuron does not know rows and columns: it has one weight for each number. So the maps become a list.",
      "The order is only a convention, but it must always be the same, because every position has its own weight.",
    ],
  },
  view: draw,
  unit: "number",
  output: ({ shape }, [before]) => ({ ...before.output, shape }),
};

/**
 * @param {FlatteningStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const before = stepBefore(step);
  const input = element("div", { class: "seen" });
  const output = vector(step, context, "output");
  const middle = element("div", { class: "stack" });
  let drawn = -1;
  /** @type {ReturnType<typeof inputMaps> | null} */
  let maps = null;
  return {
    input: [input],
    middle: [middle, search(step, context)],
    output: output.nodes,
    show([index]) {
      const [map, row, column] = cellOfIndex(index, step.input_shape);
      if (map !== drawn) {
        maps = inputMaps(before, context, { map });
        input.replaceChildren(...flat(maps.nodes));
        drawn = map;
      }
      maps?.mark({ top: row, left: column, height: 1, width: 1 });
      output.mark(index);
      middle.replaceChildren(...formulas(step, context, index));
    },
    spoken: ([index]) => {
      const [map, row, column] = cellOfIndex(index, step.input_shape);
      return `number ${index} is map ${map}, row ${row}, column ${column}: ${three(valueAt(step, [index]))}`;
    },
  };
}

/**
 * @param {FlatteningStep} step
 * @param {Context} context
 * @param {number} index
 */
function formulas(step, context, index) {
  const [, height, width] = step.input_shape;
  const [map, row, column] = cellOfIndex(index, step.input_shape);
  const size = height * width;
  const back = context.backTo({ step: stepBefore(step).name, place: [map, row, column] });
  return [
    element(
      "p",
      { class: "equation" },
      "number ",
      element("strong", { class: "output" }, String(index)),
      " is ",
      number(valueAt(step, [index])),
    ),
    element("p", {}, "It comes from ", link(back, `map ${map}, row ${row}, column ${column}`), "."),
    element("h3", {}, "From cell to index"),
    element("p", { class: "formula" }, "index = (map × height + row) × width + column"),
    element("p", { class: "formula" }, `(${map} × ${height} + ${row}) × ${width} + ${column} = ${index}`),
    element("h3", {}, "From index to cell"),
    element("p", { class: "formula" }, `map = floor(${index} / ${size}) = ${map}`),
    element("p", { class: "formula" }, `row = floor(${index} / ${width}) mod ${height} = ${row}`),
    element("p", { class: "formula" }, `column = ${index} mod ${width} = ${column}`),
  ];
}

/**
 * @param {FlatteningStep} step
 * @param {Context} context
 */
function search(step, context) {
  const length = step.shape[0];
  const field = element("input", {
    type: "number",
    min: 0,
    max: length - 1,
    value: context.place[0],
    change: () => {
      const index = Number(field.value);
      if (isInside(step, [index])) context.pick([index]);
    },
  });
  return element("p", {}, element("label", {}, "Look up index ", field), ` (0 to ${count(length - 1)})`);
}
