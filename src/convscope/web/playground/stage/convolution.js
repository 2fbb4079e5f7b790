/** One cell of a convolution: window times filter for each input map, and the bias. */

import { counted } from "convscope/kit/numbers.js";
import { range } from "convscope/kit/arrays.js";
import { element } from "convscope/kit/dom.js";
import { windowOf } from "convscope/kit/receptive.js";
import { cells } from "convscope/playground/stage/cells.js";
import { sumTable } from "convscope/playground/stage/sum_table.js";

const MOST_SHOWN = 6; // contributions; the smallest are summed up

/** @param {import("convscope/playground/stage/stage.js").Scenery} scenery */
export function shownConvolution({ step, x, y, cell, chosen, choose }) {
  const [inputs] = step.inputShape;
  const [, rows, columns] = step.shape;
  const shares = range(inputs).map((map) => windowProducts(step, x, cell, map));
  const sums = shares.map(({ products }) => products.reduce((a, b) => a + b, 0));
  const largest = [...sums.keys()].sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
  const looked = chosen >= 0 ? chosen : largest[0];
  const { window, filter, products } = shares[looked];
  const total = y[(cell.map * rows + cell.row) * columns + cell.column];
  return [
    element(
      "div",
      { class: "grids" },
      cells(inputs === 1 ? "window" : `window in map ${looked + 1}`, "input", window, step.window[1]),
      element("span", { class: "sign" }, "×"),
      cells("filter", "weights", filter, step.window[1]),
      element("span", { class: "sign" }, "="),
      cells("products", "products", products, step.window[1]),
    ),
    sumTable(entries(sums, largest, inputs, looked, choose), step.bias[cell.map], total),
  ];
}

/**
 * Return the terms of the sum.
 *
 * @param {number[]} sums  sum of the products of each input map
 * @param {number[]} largest  indices of the maps, largest contribution first
 * @param {number} inputs
 * @param {number} looked
 * @param {(map: number) => void} choose
 */
function entries(sums, largest, inputs, looked, choose) {
  if (inputs === 1) return [{ label: "products", value: sums[0] }];
  const shown = largest.slice(0, inputs > MOST_SHOWN ? MOST_SHOWN - 1 : inputs);
  const others = largest.slice(shown.length);
  const made = shown.map((map) => ({
    label: `map ${map + 1}`,
    value: sums[map],
    isChosen: map === looked,
    choose: () => choose(map),
  }));
  if (!others.length) return made;
  const rest = others.reduce((sum, map) => sum + sums[map], 0);
  return [...made, { label: counted(others.length, "smaller one"), value: rest }];
}

/**
 * Return the products of one input map. Cells outside the map are padding, which counts as 0.
 *
 * @param {import("convscope/playground/engine/network.js").Step} step
 * @param {Float32Array} x
 * @param {import("convscope/playground/reach.js").Cell} cell
 * @param {number} map
 */
function windowProducts(step, x, cell, map) {
  const [inputs, height, width] = step.inputShape;
  const { top, left, height: high, width: wide } = windowOf(step, cell.row, cell.column);
  /** @type {(number | null)[]} */
  const window = [];
  for (let row = top; row < top + high; row++) {
    for (let column = left; column < left + wide; column++) {
      const isInside = row >= 0 && row < height && column >= 0 && column < width;
      window.push(isInside ? x[(map * height + row) * width + column] : null);
    }
  }
  const start = (cell.map * inputs + map) * high * wide;
  const filter = Array.from(step.weight.subarray(start, start + high * wide));
  return { window, filter, products: filter.map((weight, place) => weight * (window[place] ?? 0)) };
}
