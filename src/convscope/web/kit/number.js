/** A number with three significant digits; its tooltip shows all digits. */

import { element } from "convscope/kit/dom.js";
import { alignAtPoint, full, three } from "convscope/kit/numbers.js";

/** @param {number} x */
export function number(x) {
  return element("span", { class: "number", title: full(x) }, three(x));
}

/** Write the result of a calculation, in the colour of outputs. @param {number} x */
export function resultNumber(x) {
  return element("strong", { class: "output" }, number(x));
}

/**
 * Format a column of numbers with their decimal points aligned.
 *
 * @param {number[]} values
 */
export function column(values) {
  const written = alignAtPoint(values.map(three));
  return written.map((text, place) => element("span", { class: "number", title: full(values[place]) }, text));
}
