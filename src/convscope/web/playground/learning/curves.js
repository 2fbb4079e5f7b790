/** Loss and accuracy by epoch: training as a solid line, validation dashed. */

import { svg } from "convscope/kit/dom.js";

const WIDTH = 320;
const HEIGHT = 84;
const EDGE = { top: 16, right: 8, bottom: 16, left: 34 };
const MOST_TICKS = 6;

/**
 * Draw one chart.
 *
 * @typedef {{name: string, values: number[]}} Curve  values of the training set, then of the validation set
 *
 * @param {string} title
 * @param {number[]} epochs
 * @param {[Curve, Curve]} curves
 * @param {{top: number, at: number, write: (y: number) => string}} setting  `top`: upper end of the y axis,
 *   where higher values are clipped; `at`: the epoch shown
 */
export function learningCurves(title, epochs, curves, { top, at, write }) {
  const last = Math.max(1, Math.ceil(epochs[epochs.length - 1]));
  const toX = (/** @type {number} */ epoch) => EDGE.left + (epoch / last) * (WIDTH - EDGE.left - EDGE.right);
  const toY = (/** @type {number} */ y) =>
    HEIGHT - EDGE.bottom - (Math.min(y, top) / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const now = epochs.indexOf(at);
  return svg(
    "svg",
    {
      class: "learning-curves",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `${title} over ${last} epochs`,
    },
    svg("text", { class: "title", x: EDGE.left, y: 10 }, title),
    [0, top / 2, top].map((y) => [
      svg("path", { class: "rule", d: `M${EDGE.left} ${toY(y)}H${WIDTH - EDGE.right}` }),
      svg("text", { x: EDGE.left - 5, y: toY(y) + 3, "text-anchor": "end" }, write(y)),
    ]),
    ticks(last).map((epoch) =>
      svg("text", { x: toX(epoch), y: HEIGHT - 3, "text-anchor": "middle" }, String(epoch)),
    ),
    svg("path", { class: "now", d: `M${toX(at)} ${EDGE.top}V${HEIGHT - EDGE.bottom}` }),
    curves.map(({ name, values }) => [
      svg("path", {
        class: `curve ${name}`,
        d: values
          .map(
            (y, place) =>
              `${place ? "L" : "M"}${toX(epochs[place]).toFixed(1)} ${toY(finite(y, top)).toFixed(1)}`,
          )
          .join(""),
      }),
      now >= 0 && svg("circle", { class: name, cx: toX(at), cy: toY(finite(values[now], top)), r: 3 }),
    ]),
  );
}

/**
 * Return a moderate number of whole epochs as ticks.
 *
 * @param {number} last
 */
function ticks(last) {
  const step = Math.ceil(last / MOST_TICKS);
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, place) => place * step);
}

/**
 * @param {number} y
 * @param {number} top
 */
function finite(y, top) {
  return Number.isFinite(y) ? y : top;
}
