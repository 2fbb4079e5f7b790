/**
 * The loss as a function of two weights, with the path of gradient descent: blue is lower than at the start,
 * orange higher.
 *
 * @typedef {import("convscope/walk/document.js").LossMap} LossMap
 * @typedef {import("convscope/walk/document.js").Descent} Descent
 */

import { css, limitOf, signed } from "convscope/kit/colours.js";
import { element, svg } from "convscope/kit/dom.js";
import { legend } from "convscope/kit/legend.js";
import { three } from "convscope/kit/numbers.js";
import { ticks } from "convscope/kit/ticks.js";

const SIDE = 320;
const EDGE = { top: 12, right: 12, bottom: 44, left: 56 };

/**
 * @param {LossMap} map
 * @param {{first: string, second: string}} names
 * @param {Descent} descent
 * @param {number} step
 * @param {import("convscope/kit/colours.js").Theme} theme
 */
export function lossMap(map, names, descent, step, theme) {
  const { first_values: xs, second_values: ys, losses } = map;
  const start = descent.losses[0];
  const differences = Array.from(losses.data, (loss) => loss - start);
  const limit = spread(differences);
  const [across, down] = [xs[1] - xs[0], ys[1] - ys[0]];
  const inner = SIDE - EDGE.left - EDGE.right;
  const toX = (/** @type {number} */ x) => EDGE.left + ((x - xs[0]) / across + 0.5) * (inner / xs.length);
  const toY = (/** @type {number} */ y) =>
    EDGE.top + inner - ((y - ys[0]) / down + 0.5) * (inner / ys.length);
  const [wide, high] = [inner / xs.length, inner / ys.length];
  const way = descent.values.slice(0, step + 1).map(([x, y]) => [toX(x), toY(y)]);
  const bottom = EDGE.top + inner;
  const clip = `clip-${names.first}-${names.second}`.replace(/\W+/g, "-");
  return element(
    "div",
    { class: "stack" },
    svg(
      "svg",
      {
        class: "chart loss-map",
        viewBox: `0 0 ${SIDE} ${EDGE.top + inner + EDGE.bottom}`,
        role: "img",
        "aria-label": `loss for ${xs.length} × ${ys.length} values of two weights; after step ${step} it is ${three(descent.losses[step])}`,
      },
      svg("clipPath", { id: clip }, svg("rect", { x: EDGE.left, y: EDGE.top, width: inner, height: inner })),
      differences.map((difference, index) =>
        svg("rect", {
          x: EDGE.left + (index % xs.length) * wide,
          y: bottom - (Math.floor(index / xs.length) + 1) * high,
          width: wide + 0.5,
          height: high + 0.5,
          fill: css(signed(difference, limit, theme)),
        }),
      ),
      ticks(xs[0], xs[xs.length - 1], 4).map((tick) =>
        svg("text", { class: "tick", x: toX(tick), y: bottom + 16, "text-anchor": "middle" }, three(tick)),
      ),
      ticks(ys[0], ys[ys.length - 1], 4).map((tick) =>
        svg("text", { class: "tick", x: EDGE.left - 6, y: toY(tick) + 4, "text-anchor": "end" }, three(tick)),
      ),
      svg(
        "text",
        { class: "axis-name", x: EDGE.left + inner / 2, y: bottom + 34, "text-anchor": "middle" },
        names.first,
      ),
      svg(
        "text",
        {
          class: "axis-name",
          transform: `translate(12 ${EDGE.top + inner / 2}) rotate(-90)`,
          "text-anchor": "middle",
        },
        names.second,
      ),
      svg(
        "g",
        { "clip-path": `url(#${clip})` },
        svg("path", {
          class: "steps-taken on-map",
          d: way.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join(""),
        }),
        way.map(([x, y], place) =>
          svg("circle", {
            class: place === step ? "point now-point" : "point",
            cx: x,
            cy: y,
            r: place === step ? 6 : 3.5,
          }),
        ),
      ),
    ),
    element("p", { class: "quiet" }, `Difference from the loss at the start, ${three(start)}:`),
    legend(limit, theme),
  );
}

/**
 * Return the limit of the colour scale. A few very large values must not wash out the colours of the valley.
 *
 * @param {number[]} differences
 */
function spread(differences) {
  const deepest = -Math.min(0, ...differences);
  return 1.5 * deepest || limitOf(differences);
}
