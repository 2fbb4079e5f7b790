/** A number on the page: three significant digits, and all digits when pointed at. */

import { element } from "convscope/kit/dom.js";
import { alignAtPoint, full, three } from "convscope/kit/numbers.js";

/** @param {number} x */
export function number(x) {
  return element("span", { class: "number", title: full(x) }, three(x));
}

/**
 * Numbers that stand below each other, their points in one line.
 *
 * @param {number[]} values
 */
export function column(values) {
  const written = alignAtPoint(values.map(three));
  return written.map((text, place) => element("span", { class: "number", title: full(values[place]) }, text));
}
