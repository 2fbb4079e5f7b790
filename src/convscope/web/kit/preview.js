/**
 * The input of a network and its most probable classes.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { element } from "convscope/kit/dom.js";
import { cellSize, mapCanvas, pixelPaint, rem } from "convscope/kit/maps.js";
import { UNKNOWN, mostSimilar } from "convscope/kit/similar.js";
import { theme } from "convscope/kit/theme.js";

const SIDE = 7; // in rem

/**
 * Draw the picture as the network receives it.
 *
 * @param {Tensor} pixels  (channels, height, width), 0 to 255
 */
export function networkInput(pixels) {
  const [, height, width] = pixels.shape;
  const side = rem(SIDE);
  const cell = Math.min(cellSize(width, height, side, side), side / Math.max(width, height));
  const picture = { height, width, cell, paint: pixelPaint(pixels) };
  return element(
    "figure",
    {},
    mapCanvas(picture, theme()),
    element("figcaption", {}, `what the network sees: ${width} × ${height} pixels`),
  );
}

/**
 * Return the most probable classes, most probable first.
 *
 * @param {string[]} classes
 * @param {number[]} probabilities
 * @param {number} most
 */
export function topClasses(classes, probabilities, most) {
  return largestFirst(probabilities)
    .slice(0, most)
    .map((index) => ({ label: classes[index], value: probabilities[index] }));
}

/**
 * Draw input and prediction side by side, and the reason if the picture is rejected as unknown.
 *
 * @param {{pixels: Tensor, classes: string[], probabilities: number[], unknown: boolean,
 *   similar: import("convscope/kit/similar.js").Similar[]}} answer
 */
export function preview({ pixels, classes, probabilities, unknown, similar }) {
  const caption = unknown ? UNKNOWN : "prediction";
  return [
    networkInput(pixels),
    bars(topClasses(classes, probabilities, 3), { caption, shares: true }),
    ...(unknown && similar.length ? [mostSimilar(similar)] : []),
  ];
}
