/**
 * Where a number comes from and where it goes: for each step, the part of its maps that a cell was computed from or
 * takes part in. A flattened map is one of a single column.
 *
 * @typedef {import("convscope/playground/engine/network.js").StepDescription} Step
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 * @typedef {{place: number, map: number, row: number, column: number}} Cell  of the step at this place of the chain
 * @typedef {{map: number | null, rectangle: Rectangle}} Region  of one map or (null) all; cut to the map
 */

import { cut } from "convscope/kit/receptive.js";

/** The steps whose numbers depend on one map alone. */
const ONE_TO_ONE = new Set(["relu", "max_pooling", "average_pooling", "flattening"]);

/**
 * The regions of all steps before a cell that it was computed from, by place; the window first. A neuron of a full
 * connection reads everything, so that there is none.
 *
 * @param {Step[]} steps
 * @param {Cell} cell
 * @returns {Map<number, Region>}
 */
export function sources(steps, { place, map, row, column }) {
  /** @type {Map<number, Region>} */
  const found = new Map();
  /** @type {Region} */
  let region = { map, rectangle: { top: row, left: column, height: 1, width: 1 } };
  for (let at = place; at > 0 && steps[at].kind !== "full_connection"; at--) {
    region = {
      map: ONE_TO_ONE.has(steps[at].kind) ? region.map : null,
      rectangle: read(steps[at], region.rectangle),
    };
    found.set(at - 1, region);
  }
  return found;
}

/**
 * The regions of all steps after a cell that it takes part in, by place, as far as there are maps.
 *
 * @param {Step[]} steps
 * @param {Cell} cell
 * @returns {Map<number, Region>}
 */
export function consequences(steps, { place, map, row, column }) {
  /** @type {Map<number, Region>} */
  const found = new Map();
  /** @type {Region} */
  let region = { map, rectangle: { top: row, left: column, height: 1, width: 1 } };
  for (let at = place + 1; at < steps.length && steps[at].inputShape.length === 3; at++) {
    region = {
      map: ONE_TO_ONE.has(steps[at].kind) ? region.map : null,
      rectangle: touched(steps[at], region.rectangle),
    };
    found.set(at, region);
  }
  return found;
}

/**
 * What a step reads for a rectangle of its output.
 *
 * @param {Step} step
 * @param {Rectangle} rectangle
 */
function read({ kind, inputShape, window, stride, padding }, { top, left, height, width }) {
  const [, rows = 1, columns = 1] = inputShape;
  if (kind === "flattening") {
    return { top: Math.floor(top / columns), left: top % columns, height: 1, width: 1 };
  }
  const whole = {
    top: top * stride[0] - padding[0],
    left: left * stride[1] - padding[1],
    height: (height - 1) * stride[0] + window[0],
    width: (width - 1) * stride[1] + window[1],
  };
  return cut(whole, rows, columns);
}

/**
 * What a step computes from a rectangle of its input, at least in part.
 *
 * @param {Step} step
 * @param {Rectangle} rectangle
 */
function touched({ kind, inputShape, shape, window, stride, padding }, { top, left, height, width }) {
  if (kind === "flattening") {
    // the rows of a rectangle follow one another in the column, with what stands between them
    const columns = inputShape[2];
    return { top: top * columns + left, left: 0, height: (height - 1) * columns + width, width: 1 };
  }
  const side = (/** @type {number} */ first, /** @type {number} */ size, /** @type {0 | 1} */ axis) => {
    const start = Math.ceil((first + padding[axis] - window[axis] + 1) / stride[axis]);
    const end = Math.floor((first + size - 1 + padding[axis]) / stride[axis]);
    return [start, end - start + 1];
  };
  const [[row, high], [column, wide]] = [side(top, height, 0), side(left, width, 1)];
  return cut({ top: row, left: column, height: high, width: wide }, shape[1], shape[2]);
}
