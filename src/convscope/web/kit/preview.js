/**
 * What a network sees in a picture, and which classes it finds most probable.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { element } from "convscope/kit/dom.js";
import { cellSize, mapCanvas, pixelPaint, rem } from "convscope/kit/maps.js";
import { UNKNOWN, mostSimilar } from "convscope/kit/similar.js";
import { theme } from "convscope/kit/theme.js";

const SIDE = 7; // times the text's size

/**
 * The picture as it goes into the network.
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
 * The most probable classes.
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
 * Both, side by side, and why the picture is unknown, if it is.
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
