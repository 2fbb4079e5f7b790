/**
 * What a network sees in a picture, and what it says about it.
 *
 * @typedef {{pixels: import("convscope/kit/arrays.js").Tensor, classes: string[], probabilities: number[]}} Seen
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { element } from "convscope/kit/dom.js";
import { cellSize, mapCanvas, pixelPaint, rem } from "convscope/kit/maps.js";
import { theme } from "convscope/studio/theme.js";

const MOST_CLASSES = 3;
const SIDE = 7; // times the text's size

/** @param {Seen} seen */
export function seenAs({ pixels, classes, probabilities }) {
  const [, height, width] = pixels.shape;
  const side = rem(SIDE);
  const picture = { height, width, cell: cellSize(width, height, side, side), paint: pixelPaint(pixels) };
  const leading = largestFirst(probabilities).slice(0, MOST_CLASSES);
  return [
    element("figure", {}, element("figcaption", {}, "what the network sees"), mapCanvas(picture, theme())),
    bars(
      leading.map((index) => ({ label: classes[index], value: probabilities[index] })),
      { caption: "what it says", shares: true },
    ),
  ];
}
