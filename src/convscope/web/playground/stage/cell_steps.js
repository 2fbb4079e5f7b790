/** The stage of ReLU, pooling and flattening for one cell. */

import { limitOf } from "convscope/kit/colours.js";
import { element, svg } from "convscope/kit/dom.js";
import { number, resultNumber } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { cellOfIndex, cut } from "convscope/kit/receptive.js";
import { cells } from "convscope/playground/stage/cells.js";

/** @typedef {import("convscope/playground/stage/stage.js").Scenery} Scenery */

/** @param {Scenery} scenery */
export function shownRelu({ step, x, y, cell }) {
  const place = step.shape.length === 3 ? indexOf(step.shape, cell) : cell.map;
  return [
    element(
      "div",
      { class: "equation" },
      element("span", {}, "max(0, ", number(x[place]), ") = "),
      resultNumber(y[place]),
    ),
    hinge(x[place], limitOf(x)),
    element(
      "p",
      { class: "quiet" },
      x[place] > 0 ? "A positive number stays as it is." : "All other numbers become 0.",
    ),
  ];
}

/**
 * Draw the graph of ReLU with a point on it.
 *
 * @param {number} x
 * @param {number} limit
 */
function hinge(x, limit) {
  const at = (/** @type {number} */ value) => 80 + (value / (limit || 1)) * 70;
  const up = (/** @type {number} */ value) => 70 - (Math.max(0, value) / (limit || 1)) * 60;
  return svg(
    "svg",
    {
      class: "hinge",
      viewBox: "0 0 160 84",
      role: "img",
      "aria-label": `ReLU at ${three(x)}: ${three(Math.max(0, x))}`,
    },
    svg("path", { class: "axis", d: "M10 70H150M80 76V8" }),
    svg("path", { class: "bend", d: `M10 70H80L${at(limit)} ${up(limit)}` }),
    svg("path", { class: "drop", d: `M${at(x)} 70V${up(x)}` }),
    svg("circle", { class: "point", cx: at(x), cy: up(x), r: 5 }),
  );
}

/** @param {Scenery} scenery */
export function shownPooling({ step, x, y, cell }) {
  const [, height, width] = step.inputShape;
  const whole = {
    top: cell.row * step.stride[0],
    left: cell.column * step.stride[1],
    height: step.window[0],
    width: step.window[1],
  };
  const { top, left, height: high, width: wide } = cut(whole, height, width);
  const values = [];
  for (let row = top; row < top + high; row++) {
    for (let column = left; column < left + wide; column++)
      values.push(x[(cell.map * height + row) * width + column]);
  }
  const isMax = step.kind === "max_pooling";
  const best = values.indexOf(Math.max(...values));
  return [
    element(
      "div",
      { class: "grids" },
      cells("window", "input", values, wide, isMax ? best : -1),
      element("span", { class: "sign" }, isMax ? "the largest:" : "the mean:"),
      resultNumber(y[indexOf(step.shape, cell)]),
    ),
    element(
      "p",
      { class: "quiet" },
      isMax
        ? `${values.length - 1} of ${values.length} numbers are discarded, and so is the exact place of the largest.`
        : `${values.length} numbers become one.`,
    ),
  ];
}

/** @param {Scenery} scenery */
export function shownFlattening({ step, x, cell }) {
  const size = step.inputShape[1] * step.inputShape[2];
  const index = cell.map * size + cell.row;
  const [map, row, column] = cellOfIndex(index, step.inputShape);
  return [
    element(
      "p",
      { class: "equation" },
      `map ${map + 1}, row ${row + 1}, column ${column + 1} becomes number ${index + 1} of ${step.shape[0]}: `,
      resultNumber(x[index]),
    ),
    element(
      "p",
      { class: "quiet" },
      "Row by row, map by map: the maps become one column. No number changes.",
    ),
  ];
}

/**
 * @param {number[]} shape
 * @param {import("convscope/playground/reach.js").Cell} cell
 */
function indexOf([, height, width], { map, row, column }) {
  return (map * height + row) * width + column;
}
