/**
 * A gradient as a sum of products: the largest ones in the order of their size, the rest folded.
 *
 * @typedef {{from: string, gradient: number, other: number}} Term
 */

import { element, head } from "convscope/kit/dom.js";
import { column, number } from "convscope/kit/number.js";
import { count, full } from "convscope/kit/numbers.js";

const LARGEST = 8;
const EXACT = 1e-4;
const MOST_UNFOLDED = 200;

/**
 * @param {Term[]} terms  all of them
 * @param {object} setting
 * @param {string} setting.from  what the first column names
 * @param {string} setting.other  what the gradient is multiplied by
 * @param {number} setting.held  the gradient that the walk holds
 * @param {number} [setting.rest]  what terms add that the walk does not hold
 * @param {number} [setting.passing]  how many products there are at all, with those that are 0
 */
export function termTable(terms, { from, other, held, rest = 0, passing = terms.length }) {
  const products = terms.map(({ gradient, other }) => gradient * other);
  const telling = products.flatMap((product, place) => (product === 0 ? [] : [place]));
  const order = telling.sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]));
  const [shown, folded] = [order.slice(0, LARGEST), order.slice(LARGEST)];
  const total = rest + products.reduce((sum, product) => sum + product, 0);
  const silent = passing - telling.length;
  if (passing === 0 || (telling.length === 0 && rest === 0)) {
    return element("p", { class: "nothing" }, `All ${count(passing)} products are 0: nothing passes.`);
  }
  const rows = (/** @type {number[]} */ places) =>
    table(
      places.map((place) => terms[place]),
      [from, "gradient", "×", other, "=", "product"],
    );
  const sumOf = (/** @type {number[]} */ places) => places.reduce((sum, place) => sum + products[place], 0);
  return element(
    "div",
    { class: "gradient-sum" },
    rows(shown),
    folded.length > 0 &&
      element(
        "details",
        {},
        element(
          "summary",
          { class: "gradient-line" },
          element("span", {}, `${count(folded.length)} smaller ones`),
          number(sumOf(folded)),
        ),
        rows(folded.slice(0, MOST_UNFOLDED)),
      ),
    rest !== 0 && line("filters that this walk does not contain", "quiet", rest),
    silent > 0 &&
      element(
        "p",
        { class: "gradient-line quiet" },
        element("span", {}, `${count(silent)} that are 0`),
        number(0),
      ),
    line("gradient", "output", total),
    element("p", { class: "check" }, checkText(total, held)),
  );
}

/**
 * What is shown and what the walk holds differ by float32's rounding, and by more where large maps are rounded.
 *
 * @param {number} total
 * @param {number} held
 */
function checkText(total, held) {
  const isRounded = Math.abs(total - held) > EXACT * Math.max(Math.abs(held), Math.abs(total));
  const rounding = isRounded ? " Large maps are rounded in a walk of this size." : "";
  return `Added up: ${full(total)}; the chain rule in Python gave ${full(held)}.${rounding}`;
}

/**
 * @param {string} title
 * @param {string} role
 * @param {number} value
 */
function line(title, role, value) {
  return element("p", { class: `gradient-line ${role}` }, element("span", {}, title), number(value));
}

/**
 * @param {Term[]} terms
 * @param {string[]} titles
 */
function table(terms, titles) {
  const gradients = column(terms.map(({ gradient }) => gradient));
  const others = column(terms.map(({ other }) => other));
  const products = column(terms.map(({ gradient, other }) => gradient * other));
  return element(
    "table",
    { class: "terms" },
    head(titles),
    element(
      "tbody",
      {},
      terms.map(({ from }, index) =>
        element(
          "tr",
          {},
          element("td", {}, from),
          element("td", {}, gradients[index]),
          element("td", { class: "sign" }, "×"),
          element("td", {}, others[index]),
          element("td", { class: "sign" }, "="),
          element("td", {}, products[index]),
        ),
      ),
    ),
  );
}
