/**
 * The weighted sum of a neuron as a waterfall chart: each contribution starts where the previous one ends.
 *
 * @typedef {{label: import("convscope/kit/dom.js").Leaf[], input: number | null, weight: number | null,
 *   product: number}} Drop  input and weight are null in the row of the bias and in rows that sum up several
 *   inputs
 */

import { bar } from "convscope/kit/bars.js";
import { element, head } from "convscope/kit/dom.js";
import { column } from "convscope/kit/number.js";

/**
 * Draw the chart.
 *
 * @param {Drop[]} drops  in display order, the bias first
 * @param {number} result
 */
export function waterfall(drops, result) {
  const ends = runningSums(drops);
  const smallest = Math.min(0, ...ends);
  const span = Math.max(0, ...ends) - smallest || 1;
  const products = column([...drops.map(({ product }) => product), result]);
  const inputs = columnWhere(drops, "input");
  const weights = columnWhere(drops, "weight");
  const rows = drops.map(({ label, product }, index) => {
    const start = Math.min(ends[index], ends[index] - product) - smallest;
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, label),
      element("td", {}, inputs[index]),
      element("td", { class: "sign" }, inputs[index] && "×"),
      element("td", {}, weights[index]),
      element("td", { class: "sign" }, inputs[index] && "="),
      element("td", {}, products[index]),
      element("td", { class: "track" }, bar(start, Math.abs(product), span, product < 0)),
    );
  });
  return element(
    "table",
    { class: "waterfall" },
    head(["from", "input", "×", "weight", "=", "product", "running sum"]),
    element("tbody", {}, rows),
    element(
      "tfoot",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "row" }, "result"),
        element("td", { colspan: 4 }),
        element("td", { class: "output" }, products[drops.length]),
        element(
          "td",
          { class: "track" },
          bar(Math.min(0, result) - smallest, Math.abs(result), span, result < 0),
        ),
      ),
    ),
  );
}

/** @param {Drop[]} drops */
function runningSums(drops) {
  let total = 0;
  return drops.map(({ product }) => (total += product));
}

/**
 * @param {Drop[]} drops
 * @param {"input" | "weight"} field
 */
function columnWhere(drops, field) {
  const present = drops.filter((drop) => drop[field] !== null);
  const written = column(present.map((drop) => /** @type {number} */ (drop[field])));
  return drops.map((drop) => (drop[field] === null ? null : written[present.indexOf(drop)]));
}
