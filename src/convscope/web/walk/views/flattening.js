/** Flattening: the maps, row by row and one after the other, as one column. */

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

/**
 * @param {FlatteningStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
export function flattening(step, context) {
  const before = stepBefore(step);
  const input = element("div", { class: "stack" });
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
        maps = inputMaps(before, context, { map, all: false });
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
    element("h3", {}, "From the map to the column"),
    element("p", { class: "formula" }, "index = (map × height + row) × width + column"),
    element("p", { class: "formula" }, `(${map} × ${height} + ${row}) × ${width} + ${column} = ${index}`),
    element("h3", {}, "And back"),
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
  return element("p", {}, element("label", {}, "Look up number ", field), ` of 0 to ${count(length - 1)}`);
}
