/**
 * A line chart of a few curves. Each has its own dash pattern and is labelled at its end, so that colour is
 * not needed to tell them apart.
 *
 * @typedef {{name: string, x: number[], y: number[], dash?: number}} Curve  `dash` is the index of a pattern,
 *   0 to 3; by default each curve gets the next one
 */

import { svg } from "convscope/kit/dom.js";
import { three } from "convscope/kit/numbers.js";
import { ticks } from "convscope/kit/ticks.js";

const WIDTH = 480;
const HEIGHT = 240;
const EDGE = { top: 12, right: 128, bottom: 40, left: 72 };
const [ROWS, COLUMNS] = [4, 5]; // approximate number of ticks on the y and x axis
const LABEL_HEIGHT = 16;
const SAMPLE = 20; // length of the dash sample next to a curve's name

/**
 * Draw the chart.
 *
 * @param {Curve[]} curves
 * @param {object} setting
 * @param {string} setting.title  accessible description
 * @param {string} setting.across  label of the x axis
 * @param {string} setting.up  label of the y axis
 * @param {number} [setting.at]  x value marked by a vertical line
 * @param {number} [setting.highest]  minimum upper end of the y axis
 */
export function chart(curves, { title, across, up, at, highest = 0 }) {
  const xs = curves.flatMap(({ x }) => x);
  const ys = curves.flatMap(({ y }) => y).filter(Number.isFinite);
  const [xMin, xMax] = [Math.min(...xs), Math.max(...xs)];
  const [yMin, yMax] = [Math.min(0, ...ys), Math.max(highest, ...ys) || 1];
  const toX = (/** @type {number} */ x) =>
    EDGE.left + ((x - xMin) / (xMax - xMin || 1)) * (WIDTH - EDGE.left - EDGE.right);
  const toY = (/** @type {number} */ y) =>
    HEIGHT - EDGE.bottom - ((y - yMin) / (yMax - yMin)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const isCounted = xs.every(Number.isInteger); // integers such as epochs or pixels
  const marks = ticks(xMin, xMax, COLUMNS).filter((x) => !isCounted || Number.isInteger(x));
  const labels = spread(curves.map(({ y }) => toY(y[y.length - 1])));
  return svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
    svg("path", {
      class: "axis",
      d: `M${EDGE.left} ${EDGE.top}V${HEIGHT - EDGE.bottom}H${WIDTH - EDGE.right}`,
    }),
    ticks(yMin, yMax, ROWS).map((y) => [
      svg("path", { class: "rule", d: `M${EDGE.left} ${toY(y)}H${WIDTH - EDGE.right}` }),
      svg("text", { class: "tick", x: EDGE.left - 6, y: toY(y) + 4, "text-anchor": "end" }, three(y)),
    ]),
    marks.map((x) =>
      svg(
        "text",
        { class: "tick", x: toX(x), y: HEIGHT - EDGE.bottom + 16, "text-anchor": "middle" },
        three(x),
      ),
    ),
    svg(
      "text",
      { class: "axis-name", x: (EDGE.left + WIDTH - EDGE.right) / 2, y: HEIGHT - 6, "text-anchor": "middle" },
      across,
    ),
    svg(
      "text",
      {
        class: "axis-name",
        transform: `translate(14 ${HEIGHT / 2 - 12}) rotate(-90)`,
        "text-anchor": "middle",
      },
      up,
    ),
    at !== undefined && svg("path", { class: "now", d: `M${toX(at)} ${EDGE.top}V${HEIGHT - EDGE.bottom}` }),
    curves.map(({ name, x, y, dash }, index) => [
      svg("path", {
        class: `curve curve-${dash ?? index % 4}`,
        d: x
          .map((one, place) => `${place ? "L" : "M"}${toX(one).toFixed(1)} ${toY(y[place]).toFixed(1)}`)
          .join(""),
      }),
      svg("path", {
        class: `sample curve-${dash ?? index % 4}`,
        d: `M${WIDTH - EDGE.right + 8} ${labels[index].toFixed(1)}h${SAMPLE}`,
      }),
      svg(
        "text",
        {
          class: `curve-name curve-${dash ?? index % 4}`,
          x: WIDTH - EDGE.right + SAMPLE + 12,
          y: labels[index] + 4,
        },
        name,
      ),
    ]),
  );
}

/**
 * Move labels apart so that they do not overlap.
 *
 * @param {number[]} heights
 */
function spread(heights) {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a] - heights[b]);
  const placed = [...heights];
  for (let place = 1; place < order.length; place++) {
    const above = placed[order[place - 1]];
    placed[order[place]] = Math.max(placed[order[place]], above + LABEL_HEIGHT);
  }
  const overflow = Math.max(0, Math.max(...placed) - (HEIGHT - EDGE.bottom));
  return placed.map((height) => height - overflow);
}
