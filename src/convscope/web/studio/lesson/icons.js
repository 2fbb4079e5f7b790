/** The icons of the lesson's pages, each showing what its step does. */

import { range } from "convscope/kit/arrays.js";
import { svg } from "convscope/kit/dom.js";

/** The pixels of a smiley, in row-major order. */
const SMILEY = ["01000010", "01000010", "00000000", "10000001", "01000010", "00111100"];

/** @type {Record<string, () => (SVGElement | SVGElement[])[]>} */
const DRAWINGS = {
  image: () => [
    SMILEY.flatMap((row, y) =>
      [...row].flatMap((pixel, x) => (pixel === "1" ? [box(20 + x * 7, 6 + y * 6 + 2, 7, 6, "ink")] : [])),
    ),
  ],
  convolution: () => [
    box(8, 6, 34, 36, "line"),
    box(20, 14, 14, 14, "input"),
    svg("path", { class: "flow", d: "M34 14 62 20M34 28 62 24" }),
    box(54, 10, 28, 28, "line"),
    box(62, 20, 5, 5, "output-fill"),
  ],
  relu: () => [
    svg("path", { class: "line", d: "M10 36H86M48 8V42" }),
    svg("path", { class: "strong output", d: "M12 36H48L78 8" }),
  ],
  pooling: () => [
    range(16).map((cell) => box(10 + (cell % 4) * 9, 6 + Math.floor(cell / 4) * 9, 9, 9, "line")),
    [1, 6, 8, 15].map((cell) => box(10 + (cell % 4) * 9, 6 + Math.floor(cell / 4) * 9, 9, 9, "output-fill")),
    svg("path", { class: "flow", d: "M50 24H60" }),
    range(4).map((cell) => box(64 + (cell % 2) * 9, 15 + Math.floor(cell / 2) * 9, 9, 9, "output-fill")),
  ],
  flattening: () => [
    range(9).map((cell) =>
      box(12 + (cell % 3) * 9, 10 + Math.floor(cell / 3) * 9, 9, 9, cell % 2 ? "line" : "input-fill"),
    ),
    svg("path", { class: "flow", d: "M44 24H58" }),
    range(9).map((cell) => box(66, 3 + cell * 5, 9, 5, cell % 2 ? "line" : "input-fill")),
  ],
  "full-connection": () => [
    range(4).flatMap((from) =>
      range(3).map((to) =>
        svg("path", {
          class: (from + to) % 3 ? "flow" : "strong weights",
          d: `M20 ${8 + from * 11}L76 ${13 + to * 11}`,
        }),
      ),
    ),
    range(4).map((from) => dot(20, 8 + from * 11, "input-fill")),
    range(3).map((to) => dot(76, 13 + to * 11, "output-fill")),
  ],
  softmax: () => [
    svg("path", { class: "line", d: "M14 42H84" }),
    [8, 32, 5, 14].map((height, place) =>
      box(20 + place * 16, 42 - height, 10, height, place === 1 ? "output-fill" : "line"),
    ),
  ],
  learning: () => [
    svg("path", { class: "strong line", d: "M10 8C26 10 34 40 52 40S76 22 88 12" }),
    svg("path", { class: "flow", d: "M20 13 30 25 42 36" }),
    [
      [20, 13],
      [30, 25],
    ].map(([x, y]) => dot(x, y, "line")),
    dot(44, 37, "output-fill"),
  ],
  overfitting: () => [
    svg("path", { class: "line", d: "M12 6V42H86" }),
    svg("path", { class: "strong weights", d: "M14 10C22 34 36 39 84 40" }),
    svg("path", { class: "strong output", d: "M14 10C24 32 36 32 50 26S70 14 84 12" }),
  ],
};

/** @param {string} page */
export function icon(page) {
  const draw = DRAWINGS[page];
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 96 48", "aria-hidden": "true" },
    draw ? draw().flat() : [],
  );
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} role
 */
function box(x, y, width, height, role) {
  return svg("rect", { class: role, x, y, width, height });
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} role
 */
function dot(x, y, role) {
  return svg("circle", { class: role, cx: x, cy: y, r: 4 });
}
