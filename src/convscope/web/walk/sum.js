/**
 * A sum as a table: the contributions, largest first, then the rest, the bias and the result. Each bar starts
 * where the previous one ends.
 *
 * @typedef {{place: string, href: string | null, left: number, right: number, padding?: boolean}} Term
 * @typedef {{title: string, subtotal: number, isChosen: boolean, onChoose: (() => void) | null}} Part
 */

import { bar } from "convscope/kit/bars.js";
import { element, head, link } from "convscope/kit/dom.js";
import { column } from "convscope/kit/number.js";
import { full, three } from "convscope/kit/numbers.js";

/**
 * Draw the table.
 *
 * @param {object} setting
 * @param {Part[]} setting.parts
 * @param {{title: string, value: number, onOpen: () => void} | null} [setting.rest]  sum of the parts not
 *   listed
 * @param {number} setting.bias
 * @param {number} setting.total  sum of parts, rest and bias
 * @param {number} setting.output  the result according to the walk
 * @param {boolean} setting.isRounded  whether the numbers in the walk are quantised; if so, the table gets a
 *   row for the rounding error
 */
export function sum({ parts, rest = null, bias, total, output, isRounded }) {
  const lines = [
    ...parts.map(({ title, subtotal, isChosen, onChoose }) => ({
      name: onChoose
        ? element("button", { type: "button", "aria-pressed": String(isChosen), click: onChoose }, title)
        : title,
      role: isChosen ? "part chosen" : "part",
      value: subtotal,
    })),
    ...(rest
      ? [
          {
            name: element("button", { type: "button", click: rest.onOpen }, rest.title),
            role: "part",
            value: rest.value,
          },
        ]
      : []),
    { name: "bias", role: "weights", value: bias },
    ...(isRounded ? [{ name: "rounding", role: "quiet", value: output - total }] : []),
  ];
  const result = isRounded ? output : total;
  const written = column([...lines.map(({ value }) => value), result]);
  const track = waterfall(lines.map(({ value }) => value));
  return element(
    "table",
    { class: "sum" },
    element(
      "tbody",
      {},
      lines.map(({ name, role }, index) => line(name, role, written[index], track(index))),
    ),
    element(
      "tfoot",
      {},
      line("result", "output", element("span", { class: "lands" }, written[lines.length]), null),
    ),
  );
}

/**
 * @param {import("convscope/kit/dom.js").Leaf} name
 * @param {string} role
 * @param {HTMLElement} value
 * @param {HTMLElement | null} drawn
 */
function line(name, role, value, drawn) {
  return element(
    "tr",
    { class: `line ${role}` },
    element("th", { scope: "row" }, name),
    element("td", {}, value),
    element("td", { class: "track" }, drawn),
  );
}

/**
 * Return a function that draws the bar of each value, starting where the previous bar ends.
 *
 * @param {number[]} values
 */
function waterfall(values) {
  let total = 0;
  const ends = values.map((value) => (total += value));
  const smallest = Math.min(0, ...ends);
  const span = Math.max(0, ...ends) - smallest || 1;
  return (/** @type {number} */ index) =>
    bar(
      Math.min(ends[index], ends[index] - values[index]) - smallest,
      Math.abs(values[index]),
      span,
      values[index] < 0,
    );
}

/**
 * Compare the sum with the result in the walk, with all digits.
 *
 * @param {number} total
 * @param {number} output
 * @param {boolean} isRounded
 */
export function check(total, output, isRounded) {
  return isRounded
    ? `Maps and filters are rounded in a walk of this size, to keep it small: what is shown adds up to ${full(total)}, and the map holds ${full(output)}.`
    : `With all digits, the sum is ${full(total)}; the map contains ${full(output)}.`;
}

/** List products one by one. @param {Term[]} list */
export function terms(list) {
  const lefts = column(list.map(({ left }) => left));
  const rights = column(list.map(({ right }) => right));
  const products = column(list.map(({ left, right }) => left * right));
  return element(
    "table",
    { class: "terms" },
    head(["cell", "input", "×", "weight", "=", "product"]),
    element(
      "tbody",
      {},
      list.map((term, index) =>
        element(
          "tr",
          { class: term.padding ? "padding" : null },
          element("td", {}, term.href ? link(term.href, term.place) : term.place),
          element("td", {}, lefts[index]),
          element("td", { class: "sign" }, "×"),
          element("td", {}, rights[index]),
          element("td", { class: "sign" }, "="),
          element("td", {}, products[index]),
        ),
      ),
    ),
  );
}

/**
 * Describe a sum for screen readers.
 *
 * @param {number} products
 * @param {number} bias
 * @param {number} result
 */
export function spokenSum(products, bias, result) {
  return `sum of products ${three(products)}, bias ${three(bias)}, result ${three(result)}`;
}
