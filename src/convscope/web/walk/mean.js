/** Write out a mean: the sum, row by row if there are many numbers, divided by their count. */

import { element, head } from "convscope/kit/dom.js";
import { column, number, resultNumber } from "convscope/kit/number.js";

const FEW = 16; // most numbers without sums by row

/**
 * Write out the mean.
 *
 * @param {number[][]} rows
 * @param {number[]} names  of the rows
 * @param {number} result  the mean according to the walk
 * @param {boolean} isRounded  whether the numbers are quantised
 */
export function writtenMean(rows, names, result, isRounded) {
  const sums = rows.map((row) => row.reduce((total, value) => total + value, 0));
  const total = sums.reduce((all, one) => all + one, 0);
  const count = rows.reduce((all, row) => all + row.length, 0);
  return element(
    "div",
    { class: "stack" },
    rows.length > 1 && count > FEW && rowSums(sums, names, rows[0].length),
    element("p", { class: "equation" }, number(total), ` / ${count} = `, resultNumber(result)),
    isRounded &&
      element(
        "p",
        { class: "check" },
        "The mean was computed from exact numbers, but the map shown is rounded, so the two differ slightly.",
      ),
  );
}

/**
 * @param {number[]} sums
 * @param {number[]} names
 * @param {number} columns
 */
function rowSums(sums, names, columns) {
  const written = column(sums);
  return element(
    "details",
    {},
    element("summary", {}, `The sum, row by row (${columns} cells each)`),
    element(
      "table",
      { class: "figures" },
      head(["row", "sum"]),
      element(
        "tbody",
        {},
        names.map((name, index) =>
          element("tr", {}, element("th", { scope: "row" }, String(name)), element("td", {}, written[index])),
        ),
      ),
    ),
  );
}
