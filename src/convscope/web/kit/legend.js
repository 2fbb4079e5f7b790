/** The legend of a colour scale, with numbers at its ends and, on the signed scale, in the middle. */

import { shade, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { mapCanvas } from "convscope/kit/maps.js";
import { number } from "convscope/kit/number.js";

const STEPS = 25;

/**
 * @param {number} limit
 * @param {import("convscope/kit/colours.js").Theme} theme
 */
export function legend(limit, theme) {
  const paint = (/** @type {number} */ step) => signed((2 * step) / (STEPS - 1) - 1, 1, theme);
  return key(mapCanvas({ height: 1, width: STEPS, cell: 6, paint }, theme), [
    number(-limit),
    number(0),
    number(limit),
  ]);
}

/**
 * Draw the legend of a pixel scale, from black to the full intensity of a channel.
 *
 * @param {number | string} from
 * @param {number | string} to
 * @param {import("convscope/kit/colours.js").Channel} [channel]
 */
export function shadeLegend(from, to, channel = "grey") {
  const paint = (/** @type {number} */ step) => shade((255 * step) / (STEPS - 1), channel);
  const ends = [from, to].map((end) => (typeof end === "number" ? number(end) : element("span", {}, end)));
  return key(mapCanvas({ height: 1, width: STEPS, cell: 6, paint }, "light"), [
    ends[0],
    element("span"),
    ends[1],
  ]);
}

/**
 * @param {HTMLElement} scale
 * @param {HTMLElement[]} ends
 */
function key(scale, ends) {
  return element("p", { class: "legend" }, scale, element("span", { class: "ends" }, ends));
}
