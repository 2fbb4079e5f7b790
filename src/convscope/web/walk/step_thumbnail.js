/**
 * A thumbnail of a step: its most active map, or its vector, which is also how maps of a single cell are
 * drawn.
 */

import { largestFirst, mapOf } from "convscope/kit/arrays.js";
import { layout, mapCanvas, pixelPaint, signedPaint, thumbnail } from "convscope/kit/maps.js";
import { activities, hasMaps } from "convscope/walk/chain.js";

const SIDE = 48; // default side in screen pixels
const ZERO = 127; // the level that stands for 0 in a preview; 0 and 254 are the ends of the scale

/**
 * Draw the thumbnail.
 *
 * @param {import("convscope/walk/chain.js").Step} step  its numbers need not be loaded if it has a preview
 * @param {import("convscope/kit/colours.js").Theme} theme
 * @param {number} [side]
 */
export function stepThumbnail(step, theme, side = SIDE) {
  const [height, width, paint] = drawing(step, theme);
  return mapCanvas(thumbnail(height, width, paint, side), theme);
}

/**
 * @param {import("convscope/walk/chain.js").Step} step
 * @param {import("convscope/kit/colours.js").Theme} theme
 * @returns {[number, number, import("convscope/kit/maps.js").Paint]}
 */
function drawing(step, theme) {
  if (step.kind === "image") return [step.shape[1], step.shape[2], pixelPaint(step.pixels)];
  if (step.preview) {
    const { shape, data } = step.preview.values;
    return [
      shape[0],
      shape[1],
      signedPaint(
        Array.from(data, (level) => level - ZERO),
        ZERO,
        theme,
      ),
    ];
  }
  const { data } = step.output;
  if (!hasMaps(step) || data.length === step.shape[0]) {
    const { height, width } = layout(data.length);
    return [height, width, signedPaint(data, step.limit, theme)];
  }
  const map = largestFirst(activities(step))[0];
  return [step.shape[1], step.shape[2], signedPaint(mapOf(step.output, map), step.limit, theme)];
}
