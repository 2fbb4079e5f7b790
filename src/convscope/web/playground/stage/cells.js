/**
 * A window, a filter or products as coloured cells with numbers, compact enough to be shown next to each
 * other.
 */

import { css, inkOn, limitOf, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { full } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";

/**
 * Draw the cells.
 *
 * @param {string} caption
 * @param {"input" | "weights" | "products"} role
 * @param {(number | null)[]} values  in row-major order; null is padding
 * @param {number} columns
 * @param {number} [winner]  index of the maximum
 */
export function cells(caption, role, values, columns, winner = -1) {
  const limit = limitOf(values.map((value) => value ?? 0));
  const rows = Array.from({ length: values.length / columns }, (_, row) =>
    element(
      "tr",
      {},
      values.slice(row * columns, (row + 1) * columns).map((value, column) => {
        if (value === null) return element("td", { class: "padding", title: "padding: 0" }, "0");
        const made = element(
          "td",
          { title: full(value), class: row * columns + column === winner ? "winner" : null },
          brief(value),
        );
        const colour = signed(value, limit, theme());
        made.style.background = css(colour);
        made.style.color = inkOn(colour);
        return made;
      }),
    ),
  );
  return element(
    "table",
    { class: `cells ${role}` },
    element("caption", {}, caption),
    element("tbody", {}, rows),
  );
}

/**
 * Format a number with two decimals and without a leading 0: .25, −1.30, 1, 0.
 *
 * @param {number} value
 */
export function brief(value) {
  if (Math.abs(value) < 0.005) return "0";
  const text =
    Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
  return text
    .replace(/\.00$/, "")
    .replace(/^(-?)0\./, "$1.")
    .replace("-", "−");
}
