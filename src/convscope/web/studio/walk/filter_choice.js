/** Replace a filter by a well-known one, chosen from pictures, or by one that is typed in. */

import { range } from "convscope/kit/arrays.js";
import { css, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { theme } from "convscope/kit/theme.js";

/**
 * Create the controls.
 *
 * @param {Record<string, string>} kernels  rows by name
 * @param {number | null} channel  the input channel whose weights are shown, if there are several
 * @param {(kernel: string, channel: number | null) => void} put  called with the new filter; null applies it
 *   to the mean of all channels
 */
export function filterChoice(kernels, channel, put) {
  const rows = element("input", {
    type: "text",
    "aria-label": "new filter",
    placeholder: "0 -1 0 / -1 5 -1 / 0 -1 0",
  });
  const button = (/** @type {string} */ text, /** @type {number | null} */ into) =>
    element("button", { type: "button", click: () => put(rows.value, into) }, text);
  return element(
    "div",
    { class: "stack" },
    element(
      "h3",
      {},
      channel === null
        ? "Replace with a known filter"
        : "Replace with a known filter, on the mean of all inputs",
    ),
    element(
      "div",
      { class: "filter-choice" },
      Object.entries(kernels).map(([name, written]) =>
        element(
          "button",
          { type: "button", title: written, click: () => put(name, null) },
          filterPicture(rowsOf(written)),
          element("span", {}, name),
        ),
      ),
    ),
    element(
      "details",
      {},
      element("summary", {}, "Another filter"),
      element("label", {}, "name, or rows of numbers ", rows),
      element(
        "p",
        { class: "row" },
        button(channel === null ? "Replace" : "Replace, on the mean of all inputs", null),
        channel !== null && button("Replace for this input only", channel),
      ),
    ),
  );
}

/**
 * Draw a filter as a small picture.
 *
 * @param {number[][]} rows
 */
function filterPicture(rows) {
  const limit = Math.max(...rows.flat().map(Math.abs)) || 1;
  const made = element("span", { class: "filter-picture", "aria-hidden": "true" });
  made.style.setProperty("--columns", String(rows[0].length));
  for (const index of range(rows.length * rows[0].length)) {
    const cell = element("span");
    const value = rows[Math.floor(index / rows[0].length)][index % rows[0].length];
    cell.style.background = css(signed(value, limit, theme()));
    made.append(cell);
  }
  return made;
}

/**
 * Parse a filter: rows are separated by " / ", numbers by spaces; fractions are written as 1/16.
 *
 * @param {string} written
 */
function rowsOf(written) {
  return written.split(" / ").map((row) =>
    row.split(" ").map((number) => {
      const [over, under = "1"] = number.split("/");
      return Number(over) / Number(under);
    }),
  );
}
