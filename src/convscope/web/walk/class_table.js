/** Tables with a row for each class or label, as the steps after the last full connection show them. */

import { element, head } from "convscope/kit/dom.js";
import { column } from "convscope/kit/number.js";
import { outputName } from "convscope/walk/truth.js";

/** @typedef {import("convscope/kit/dom.js").Child} Child */

/**
 * @param {string[]} titles
 * @param {number[]} listed  the indices of the classes
 * @param {number} chosen  the index of the one that stands out
 * @param {(index: number) => Child} name
 * @param {Child[][]} columns  each with a cell for every class listed
 * @param {{ others?: Child, foot?: Child }} [rows]  what stands for the classes that are left out, and at the end
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
 * The gradients of two losses at the logits.
 *
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {number[]} listed
 * @param {number} chosen
 * @param {{ crossEntropy: number[], squared: number[] }} gradients  for every class listed
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
