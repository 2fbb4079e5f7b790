/** A sum as a table: terms, bias and total. */

import { element } from "convscope/kit/dom.js";
import { column } from "convscope/kit/number.js";
import { bar } from "convscope/kit/bars.js";

/**
 * @typedef {{label: string, value: number, isChosen?: boolean, choose?: () => void}} Entry
 *
 * @param {Entry[]} entries
 * @param {number | null} bias
 * @param {number} total
 */
export function sumTable(entries, bias, total) {
  const terms = bias === null ? entries : [...entries, { label: "bias", value: bias }];
  const numbers = column([...terms.map(({ value }) => value), total]);
  const [least, most] = [
    Math.min(0, ...terms.map(({ value }) => value)),
    Math.max(0, ...terms.map(({ value }) => value)),
  ];
  const isCompared = terms.length > 2;
  const row = (/** @type {Entry} */ { label, value, isChosen, choose }, /** @type {number} */ place) => {
    const name = choose
      ? element("button", { type: "button", "aria-pressed": String(Boolean(isChosen)), click: choose }, label)
      : label;
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", {}, numbers[place]),
      isCompared &&
        element(
          "td",
          { class: "track" },
          bar(Math.min(0, value) - least, Math.abs(value), most - least || 1, value < 0),
        ),
    );
  };
  return element(
    "table",
    { class: "sum-table" },
    element("tbody", {}, terms.map(row)),
    element(
      "tfoot",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "row" }, "sum"),
        element("td", { class: "output" }, numbers[terms.length]),
        isCompared && element("td", {}),
      ),
    ),
  );
}
