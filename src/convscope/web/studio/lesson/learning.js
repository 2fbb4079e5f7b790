/**
 * Gradient descent of one weight on its loss curve, and the gradients from the loss back to the first feature
 * maps.
 *
 * @typedef {import("convscope/studio/answers.js").Learning} Learning
 * @typedef {import("convscope/studio/answers.js").GradientMap} GradientMap
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { legend } from "convscope/kit/legend.js";
import { cellSize, mapCanvas, rem, signedPaint } from "convscope/kit/maps.js";
import { three } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";
import { get } from "convscope/studio/api.js";
import { curveChart } from "convscope/walk/backward/curve_chart.js";
import { descender } from "convscope/walk/backward/descender.js";

const MAP_SIDE = 9; // in rem
const MOST_CLASSES = 3;

/**
 * @param {HTMLElement} root
 * @param {URLSearchParams} asked
 */
export async function learning(root, asked) {
  /** @type {Learning} */
  const { name, curve, back } = await get(`/api/lesson/learning/illustration?${asked}`);
  root.append(
    element(
      "div",
      { class: "stack downhill" },
      element("h2", {}, `Gradient descent on the ${name}`),
      element(
        "p",
        {},
        "The curve shows the loss of this picture for other values of this weight; all other weights stay the same. Its slope at the point is the gradient.",
      ),
      descender(
        name,
        { known: curve.descents, descent: curve.descents[0], step: 0 },
        null,
        (descent, taken) => [
          curveChart(
            { x: curve.values, y: curve.losses },
            {
              across: "weight",
              title: `the loss as a function of the weight; after step ${taken} it is ${three(descent.losses[taken])}`,
            },
            descent.values.slice(0, taken + 1).map(([x], place) => ({
              x,
              y: descent.losses[place],
              slope: descent.gradients[place][0],
            })),
          ),
        ],
      ),
    ),
    element(
      "div",
      { class: "stack" },
      element("h2", {}, "Backpropagation: from the loss back to the first layer"),
      element(
        "p",
        {},
        "The gradient of the loss at the output of each step, from the last step back to the first; each step is shown by the map where it is largest. The loss falls if orange cells get smaller and blue ones larger.",
      ),
      element("ol", { class: "gradients" }, back.map(gradientMap)),
    ),
  );
}

/** @param {GradientMap} one */
function gradientMap({ title, text, map, classes, rows }) {
  const values = rows.flat();
  if (map === null) {
    const list = values.map((value, place) => ({ label: classes[place], value }));
    const most = largestFirst(values.map(Math.abs)).slice(0, MOST_CLASSES);
    return element(
      "li",
      {},
      element("h3", {}, title),
      bars(
        most.map((place) => list[place]),
        { caption: "" },
      ),
      element("p", { class: "quiet" }, text),
    );
  }
  const [height, width] = [rows.length, rows[0].length];
  const limit = limitOf(values);
  const side = rem(MAP_SIDE);
  const picture = {
    height,
    width,
    cell: cellSize(width, height, side, side, side / 5),
    paint: signedPaint(values, limit, theme()),
  };
  return element(
    "li",
    {},
    element("h3", {}, `${title}, map ${map}`),
    mapCanvas(picture, theme()),
    legend(limit, theme()),
    element("p", { class: "quiet" }, text),
  );
}
