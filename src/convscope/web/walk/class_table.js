/** Tables with one row per class or label, for the steps from the logits on. */

import { element, head } from "convscope/kit/dom.js";
import { column } from "convscope/kit/number.js";
import { outputName } from "convscope/walk/truth.js";

/** @typedef {import("convscope/kit/dom.js").Child} Child */

/**
 * Draw the table.
 *
 * @param {string[]} titles
 * @param {number[]} listed  indices of the classes
 * @param {number} chosen  index of the highlighted class
 * @param {(index: number) => Child} name
 * @param {Child[][]} columns  cells of each column, one per listed class
 * @param {{ others?: Child, foot?: Child }} [rows]  a row for the classes not listed, and the table's footer
 */
export function classTable(titles, listed, chosen, name, columns, { others = null, foot = null } = {}) {
  return element(
    "table",
    { class: "figures" },
    head(titles),
    element(
      "tbody",
      {},
      listed.map((index, place) =>
        element(
          "tr",
          { class: index === chosen ? "chosen" : null },
          element("th", { scope: "row" }, name(index)),
          columns.map((cells) => element("td", {}, cells[place])),
        ),
      ),
      others,
    ),
    foot && element("tfoot", {}, foot),
  );
}

/**
 * Draw the gradients of two losses with respect to the logits.
 *
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {number[]} listed
 * @param {number} chosen
 * @param {{ crossEntropy: number[], squared: number[] }} gradients  one value per listed class
 * @param {string} why  how they follow from the probabilities
 */
export function gradientTable(chain, listed, chosen, { crossEntropy, squared }, why) {
  return [
    element("h3", { class: "output" }, "Gradients at the logits"),
    element(
      "p",
      { class: "quiet" },
      "How the loss changes as each logit grows. Training moves the logits the opposite way.",
    ),
    classTable(
      [outputName(chain), "cross-entropy", "squared error"],
      listed,
      chosen,
      (index) => chain.classes[index],
      [column(crossEntropy), column(squared)],
    ),
    element("p", { class: "quiet" }, why),
  ];
}
