/**
 * The loss as a function of one weight: the curve, the current point, and its tangent, whose slope is the
 * gradient.
 *
 * @typedef {import("convscope/walk/document.js").Descent} Descent
 */

import { svg } from "convscope/kit/dom.js";
import { three } from "convscope/kit/numbers.js";
import { ticks } from "convscope/kit/ticks.js";

const WIDTH = 480;
const HEIGHT = 280;
const EDGE = { top: 16, right: 16, bottom: 44, left: 56 };

/**
 * Draw the chart.
 *
 * @param {{x: number[], y: number[]}} curve
 * @param {{across: string, title: string}} setting
 * @param {{x: number, y: number, slope?: number}[]} points  all steps of the descent so far; the last is the
 *   current one
 */
export function curveChart({ x, y }, { across, title }, points) {
  const [xMin, xMax] = [Math.min(...x), Math.max(...x)];
  const [low, high] = [Math.min(0, ...y), Math.max(...y, points[0]?.y ?? 0)];
  const yMax = high > low ? high : low + 1;
  const toX = (/** @type {number} */ at) =>
    EDGE.left + ((at - xMin) / (xMax - xMin || 1)) * (WIDTH - EDGE.left - EDGE.right);
  const toY = (/** @type {number} */ at) =>
    HEIGHT - EDGE.bottom - ((at - low) / (yMax - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const inside = (/** @type {{x: number}} */ { x: at }) => at >= xMin && at <= xMax;
  const now = points[points.length - 1];
  const [right, bottom] = [WIDTH - EDGE.right, HEIGHT - EDGE.bottom];
  return svg(
    "svg",
    { class: "chart loss-curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
    svg("path", { class: "axis", d: `M${EDGE.left} ${EDGE.top}V${bottom}H${right}` }),
    ticks(low, yMax, 4).map((tick) => [
      svg("path", { class: "rule", d: `M${EDGE.left} ${toY(tick)}H${right}` }),
      svg("text", { class: "tick", x: EDGE.left - 6, y: toY(tick) + 4, "text-anchor": "end" }, three(tick)),
    ]),
    ticks(xMin, xMax, 5).map((tick) =>
      svg("text", { class: "tick", x: toX(tick), y: bottom + 16, "text-anchor": "middle" }, three(tick)),
    ),
    svg(
      "text",
      { class: "axis-name", x: (EDGE.left + right) / 2, y: HEIGHT - 6, "text-anchor": "middle" },
      across,
    ),
    svg("text", { class: "axis-name", x: EDGE.left - 44, y: EDGE.top - 4 }, "loss"),
    svg("path", { class: "curve curve-0", d: line(x.map((one, place) => [toX(one), toY(y[place])])) }),
    now?.slope !== undefined && inside(now) && slope(now, now.slope, { toX, toY, xMin, xMax, low, yMax }),
    svg("path", {
      class: "steps-taken",
      d: line(points.filter(inside).map((point) => [toX(point.x), Math.max(EDGE.top, toY(point.y))])),
    }),
    points.filter(inside).map((point) =>
      svg("circle", {
        class: point === now ? "point now-point" : "point",
        cx: toX(point.x),
        cy: Math.max(EDGE.top, toY(point.y)),
        r: point === now ? 7 : 4,
      }),
    ),
    now && !inside(now) && beyond(now.x > xMax, bottom, right),
  );
}

/**
 * Draw a piece of the tangent: the loss that a gradient step expects.
 *
 * @param {{x: number, y: number}} point
 * @param {number} gradient
 * @param {{toX: (x: number) => number, toY: (y: number) => number, xMin: number, xMax: number, low: number, yMax: number}} scale
 */
function slope({ x, y }, gradient, { toX, toY, xMin, xMax, low, yMax }) {
  const most = (xMax - xMin) / 6;
  const reach = gradient === 0 ? most : Math.min(most, (yMax - low) / 4 / Math.abs(gradient));
  const ends = [-reach, reach].map((by) => [toX(x + by), toY(y + by * gradient)]);
  return svg("path", { class: "slope", d: line(ends) });
}

/**
 * @param {boolean} isRight
 * @param {number} bottom
 * @param {number} right
 */
function beyond(isRight, bottom, right) {
  return svg(
    "text",
    {
      class: "beyond",
      x: isRight ? right : EDGE.left + 8,
      y: bottom - 8,
      "text-anchor": isRight ? "end" : "start",
    },
    isRight ? "beyond the picture →" : "← beyond the picture",
  );
}

/** @param {number[][]} points */
function line(points) {
  return points.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}
