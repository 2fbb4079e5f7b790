/**
 * A few curves over one axis, each with its own dash and its name at its end: they are told apart without colour.
 *
 * @typedef {{name: string, x: number[], y: number[], dash?: number}} Curve  `dash` if not the next one, 0 to 3
 */

import { svg } from "convscope/kit/dom.js";
import { three } from "convscope/kit/numbers.js";
import { ticks } from "convscope/kit/ticks.js";

const WIDTH = 480;
const HEIGHT = 240;
const EDGE = { top: 12, right: 128, bottom: 40, left: 72 };
const [ROWS, COLUMNS] = [4, 5]; // round numbers along the axes, about
const LABEL_HEIGHT = 16;
const SAMPLE = 20; // of a curve's dashes, before its name

/**
 * @param {Curve[]} curves
 * @param {object} setting
 * @param {string} setting.title  what is seen, for who does not see it
 * @param {string} setting.across  the name of the x axis
 * @param {string} setting.up  the name of the y axis
 * @param {number} [setting.at]  where a line marks an x
 * @param {number} [setting.highest]  the y axis reaches at least this far
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
  const isCounted = xs.every(Number.isInteger); // epochs, pixels
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
 * Moves labels apart that would stand on each other.
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
