/** A neuron of a full connection: inputs times weights, largest contributions first. */

import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { counted, percent } from "convscope/kit/numbers.js";
import { cellOfIndex } from "convscope/kit/receptive.js";
import { theme } from "convscope/kit/theme.js";
import { signedCanvas } from "convscope/playground/scene/tile.js";
import { sumTable } from "convscope/playground/stage/sum_table.js";

const MOST_SHOWN = 4;

/** @param {import("convscope/playground/stage/stage.js").Scenery} scenery */
export function shownConnection({ step, x, y, cell, classes, maps }) {
  const products = x.map((value, place) => value * step.weight[cell.map * x.length + place]);
  const largest = [...products.keys()].sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]));
  const label = (/** @type {number} */ place) => {
    if (!maps) return `number ${place + 1}`;
    const [map, row, column] = cellOfIndex(place, maps);
    return `map ${map + 1} (${row + 1}, ${column + 1})`;
  };
  const entries = largest
    .slice(0, MOST_SHOWN)
    .map((place) => ({ label: label(place), value: products[place] }));
  const others = largest.slice(MOST_SHOWN);
  const rest = others.reduce((sum, place) => sum + products[place], 0);
  const isLast = y.length === classes.length;
  return [
    sumTable(
      [...entries, { label: counted(others.length, "smaller one"), value: rest }],
      step.bias[cell.map],
      y[cell.map],
    ),
    element(
      "div",
      { class: "stack" },
      maps && contributionMaps(products, maps),
      element(
        "p",
        { class: "quiet" },
        maps ? "Number × weight, where it stood in its map: " : "Number × weight: ",
        isLast
          ? `orange counts for ${classes[cell.map]}, blue against. Softmax turns the sums of all classes into probabilities: ${percent(shareOf(y, cell.map))} for this one.`
          : "orange adds to the sum, blue subtracts from it.",
      ),
    ),
  ];
}

/**
 * Draw the contributions as the maps they come from, on one colour scale.
 *
 * @param {Float32Array} products
 * @param {number[]} maps  shape of the maps
 */
export function contributionMaps(products, [count, rows, columns]) {
  const limit = limitOf(products);
  const made = Array.from({ length: count }, (_, map) => {
    const { canvas, paint } = signedCanvas(rows, columns);
    paint(products, map * rows * columns, limit, theme());
    return canvas;
  });
  return element("div", { class: "contributions" }, made);
}

/**
 * @param {Float32Array} logits
 * @param {number} place
 */
function shareOf(logits, place) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  return powers[place] / powers.reduce((a, b) => a + b);
}
