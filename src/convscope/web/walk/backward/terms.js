/**
 * A gradient as a sum of products: the largest terms first, the rest collapsed.
 *
 * @typedef {{from: string, gradient: number, other: number}} Term
 */

import { element, head } from "convscope/kit/dom.js";
import { column, number } from "convscope/kit/number.js";
import { count, counted, full } from "convscope/kit/numbers.js";

const LARGEST = 8;
const EXACT = 1e-4;
const MOST_UNFOLDED = 200;

/**
 * Draw the table.
 *
 * @param {Term[]} terms  all terms, in any order
 * @param {object} setting
 * @param {string} setting.from  title of the first column
 * @param {string} setting.other  title of the column with the other factor
 * @param {number} setting.held  the gradient according to the walk
 * @param {number} [setting.rest]  sum of the terms missing from the walk
 * @param {number} [setting.passing]  total number of products, including those that are 0
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
          element("span", {}, counted(folded.length, "smaller one")),
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
 * Compare the sum with the gradient in the walk. They differ by float32 rounding, and by more if large maps
 * are quantised.
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
