/** The key to the colour scale: its ends and its middle, in numbers. */

import { signed } from "convscope/kit/colours.js";
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
  return element(
    "p",
    { class: "legend" },
    mapCanvas({ height: 1, width: STEPS, cell: 8, paint }, theme),
    element("span", { class: "ends" }, number(-limit), number(0), number(limit)),
  );
}
