/**
 * A few numbers as a grid of coloured cells: a window, a filter, or their products.
 *
 * @typedef {import("convscope/kit/colours.js").Rgb} Rgb
 *
 * @typedef {object} Cell
 * @property {number} value
 * @property {string} [role]  "padding" or "winner"
 * @property {string} [href]  link to where the number comes from
 * @property {Rgb | null} [colour]  replaces the colour of the signed scale
 */

import { css, inkOn, signed } from "convscope/kit/colours.js";
import { element, link } from "convscope/kit/dom.js";
import { full, three } from "convscope/kit/numbers.js";

/**
 * Draw the grid.
 *
 * @param {object} setting
 * @param {string} setting.caption
 * @param {string} setting.role  input, weights or output: the hue of caption and outline
 * @param {Cell[]} setting.cells  in row-major order
 * @param {number} setting.columns
 * @param {number} setting.limit
 * @param {import("convscope/kit/colours.js").Theme} theme
 */
export function numberGrid({ caption, role, cells, columns, limit }, theme) {
  const rows = Array.from({ length: cells.length / columns }, (_, row) =>
    element(
      "tr",
      {},
      cells.slice(row * columns, (row + 1) * columns).map((cell) => gridCell(cell, limit, theme)),
    ),
  );
  return element(
    "table",
    { class: `grid ${role}` },
    element("caption", {}, caption),
    element("tbody", {}, rows),
  );
}

/**
 * @param {Cell} cell
 * @param {number} limit
 * @param {import("convscope/kit/colours.js").Theme} theme
 */
function gridCell({ value, role = "", href, colour: own }, limit, theme) {
  const text = three(value);
  const made = element("td", { class: role, title: full(value) }, href ? link(href, text) : text);
  if (role === "padding") return made;
  const colour = own ?? signed(value, limit, theme);
  made.style.background = css(colour);
  made.style.color = inkOn(colour);
  return made;
}
