/** The sigmoid curve, with one point per label and the threshold of the selected label as a line. */

import { svg } from "convscope/kit/dom.js";
import { percent, three } from "convscope/kit/numbers.js";
import { ticks } from "convscope/kit/ticks.js";

const WIDTH = 480;
const HEIGHT = 260;
const EDGE = { top: 16, right: 16, bottom: 44, left: 56 };

/**
 * Draw the chart.
 *
 * @param {{logits: number[], probabilities: number[]}} curve
 * @param {{name: string, logit: number, probability: number, isFound: boolean}[]} points
 * @param {number} chosen  the selected point
 * @param {number} threshold  threshold of the selected label
 * @param {string} across  label of the x axis
 */
export function sigmoidChart({ logits, probabilities }, points, chosen, threshold, across) {
  const [right, bottom] = [WIDTH - EDGE.right, HEIGHT - EDGE.bottom];
  const [low, high] = [logits[0], logits[logits.length - 1]];
  const toX = (/** @type {number} */ at) => EDGE.left + ((at - low) / (high - low)) * (right - EDGE.left);
  const toY = (/** @type {number} */ at) => bottom - at * (bottom - EDGE.top);
  const { name, logit, probability } = points[chosen];
  const title = `the sigmoid curve: ${name} lies at a logit of ${three(logit)} and a probability of ${percent(probability)}, its threshold is ${percent(threshold)}`;
  const onLeft = logit > (low + high) / 2;
  return svg(
    "svg",
    { class: "chart sigmoid-curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
    svg("path", { class: "axis", d: `M${EDGE.left} ${EDGE.top}V${bottom}H${right}` }),
    [0, 0.5, 1].map((tick) => [
      svg("path", { class: "rule", d: `M${EDGE.left} ${toY(tick)}H${right}` }),
      svg("text", { class: "tick", x: EDGE.left - 6, y: toY(tick) + 4, "text-anchor": "end" }, three(tick)),
    ]),
    ticks(low, high, 6).map((tick) =>
      svg("text", { class: "tick", x: toX(tick), y: bottom + 16, "text-anchor": "middle" }, three(tick)),
    ),
    svg(
      "text",
      { class: "axis-name", x: (EDGE.left + right) / 2, y: HEIGHT - 6, "text-anchor": "middle" },
      across,
    ),
    svg("path", { class: "threshold", d: `M${EDGE.left} ${toY(threshold)}H${right}` }),
    svg(
      "text",
      {
        class: "threshold-name",
        x: onLeft ? EDGE.left + 6 : right,
        y: toY(threshold) + (threshold > 0.8 ? 16 : -6),
        "text-anchor": onLeft ? "start" : "end",
      },
      `threshold of ${name}`,
    ),
    svg("path", {
      class: "curve curve-0",
      d: logits
        .map(
          (at, place) => `${place ? "L" : "M"}${toX(at).toFixed(1)} ${toY(probabilities[place]).toFixed(1)}`,
        )
        .join(""),
    }),
    points.map((point, place) =>
      svg(
        "circle",
        {
          class: [place === chosen ? "point now-point" : "point", point.isFound && "found"]
            .filter(Boolean)
            .join(" "),
          cx: toX(point.logit),
          cy: toY(point.probability),
          r: place === chosen ? 7 : 5,
        },
        svg(
          "title",
          {},
          `${point.name}: ${percent(point.probability)}, ${point.isFound ? "found" : "not found"}`,
        ),
      ),
    ),
  );
}
