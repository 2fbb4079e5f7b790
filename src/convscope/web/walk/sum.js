/**
 * A sum as a column: products, a subtotal for each part, the bias, the result. Parts fold.
 *
 * @typedef {{place: string, href: string | null, left: number, right: number, padding?: boolean}} Term
 * @typedef {{title: string, terms: () => Term[], subtotal: number, open: boolean}} Part
 */

import { element, head, link } from "convscope/kit/dom.js";
import { column } from "convscope/kit/number.js";
import { full, three } from "convscope/kit/numbers.js";

/**
 * @param {object} setting
 * @param {Part[]} setting.parts
 * @param {{title: string, value: number} | null} [setting.rest]  what parts that are not listed add up to
 * @param {number} setting.bias
 * @param {number} setting.total  what parts, rest and bias come to
 * @param {number} setting.output  what the walk holds for it
 * @param {boolean} setting.isRounded  whether the walk holds it, or what it comes from, rounded: then the column has a
 *   line for what rounding leaves out
 * @param {(part: number, open: boolean) => void} setting.onFold
 */
export function sum({ parts, rest = null, bias, total, output, isRounded, onFold }) {
  const written = column([
    ...parts.map(({ subtotal }) => subtotal),
    bias,
    isRounded ? output : total,
    isRounded ? output - total : 0,
    rest?.value ?? 0,
  ]);
  return element(
    "div",
    { class: "sum" },
    parts.map((part, index) => fold(part, written[index], (open) => onFold(index, open))),
    rest && line(rest.title, "quiet", written[parts.length + 3]),
    line("bias", "weights", written[parts.length]),
    isRounded && line("left out by rounding", "quiet", written[parts.length + 2]),
    line("result", "output", written[parts.length + 1]),
    element(
      "p",
      { class: "check" },
      isRounded
        ? `Maps and filters are rounded in a walk of this size: what is shown adds up to ${full(total)}, and the map holds ${full(output)}.`
        : `Exact sum: ${full(total)}; the map holds ${full(output)}.`,
    ),
  );
}

/**
 * @param {string} title
 * @param {string} role
 * @param {HTMLElement} value
 */
function line(title, role, value) {
  return element("p", { class: `line ${role}` }, element("span", {}, title), value);
}

/**
 * @param {Part} part
 * @param {HTMLElement} subtotal
 * @param {(open: boolean) => void} onFold
 */
function fold(part, subtotal, onFold) {
  const folded = element(
    "details",
    { open: part.open },
    element("summary", { class: "line" }, element("span", {}, part.title), subtotal),
  );
  let filled = false;
  const fill = () => {
    if (!filled) folded.append(terms(part.terms()));
    filled = true;
  };
  if (part.open) fill();
  folded.addEventListener("toggle", () => {
    if (folded.open) fill();
    onFold(folded.open);
  });
  return folded;
}

/** @param {Term[]} list */
function terms(list) {
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
 * A sum in words, for a screen reader.
 *
 * @param {number} products
 * @param {number} bias
 * @param {number} result
 */
export function spokenSum(products, bias, result) {
  return `sum of products ${three(products)}, bias ${three(bias)}, result ${three(result)}`;
}
