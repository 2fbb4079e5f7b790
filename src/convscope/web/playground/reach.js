/**
 * Which cells a number depends on and which it affects: one region per step. A flattened map is treated as a
 * map with a single column.
 *
 * @typedef {import("convscope/playground/engine/network.js").StepDescription} Step
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 * @typedef {{place: number, map: number, row: number, column: number}} Cell  `place` is the index of the step
 *   in the chain
 * @typedef {{map: number | null, rectangle: Rectangle}} Region  of one map, or of all maps if `map` is null;
 *   clipped to the map
 */

import { cut } from "convscope/kit/receptive.js";

/** Steps in which each output map depends on a single input map. */
const ONE_TO_ONE = new Set(["relu", "max_pooling", "average_pooling", "flattening"]);

/**
 * Return the regions that a cell is computed from, by index of the step, from its window back to the image.
 * The search ends at a full connection, whose neurons depend on all inputs.
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
 * Return the regions that a cell affects, by index of the step, as far as steps read maps.
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
 * Return the input region of a step for a rectangle of its output.
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
 * Return the output region that a rectangle of the input affects.
 *
 * @param {Step} step
 * @param {Rectangle} rectangle
 */
function touched({ kind, inputShape, shape, window, stride, padding }, { top, left, height, width }) {
  if (kind === "flattening") {
    // rows of the rectangle are not contiguous in the vector; include everything between them
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
