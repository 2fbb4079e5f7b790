/**
 * Station 2: a filter on a picture. Results that are pictures stay grey; differences use the signed colour
 * scale.
 */

import { limitOf, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { three } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";
import { pictureCanvas, pointed } from "convscope/playground/stations/grey_canvas.js";
import { brightness } from "convscope/playground/stations/picture.js";
import { stationFrame, toggles } from "convscope/playground/stations/station.js";

const SIZE = 3;
const SWEEP = 900; // milliseconds of the sweep
/** @type {[string, number[]][]} */
const FILTERS = [
  ["Sharpen", [0, -1, 0, -1, 5, -1, 0, -1, 0]],
  ["Blur", Array(9).fill(1 / 9)],
  ["Edges", [-1, -1, -1, -1, 8, -1, -1, -1, -1]],
  ["Vertical edges", [-1, 0, 1, -2, 0, 2, -1, 0, 1]],
  ["Horizontal edges", [-1, -2, -1, 0, 0, 0, 1, 2, 1]],
  ["Emboss", [-2, -1, 0, -1, 1, 1, 0, 1, 2]],
  ["Identity", [0, 0, 0, 0, 1, 0, 0, 0, 0]],
];

/**
 * Convolve grey pixels with a filter. Beyond the edge, the nearest pixel is repeated.
 *
 * @param {ArrayLike<number>} pixels
 * @param {number} width
 * @param {number[]} filter
 */
export function filtered(pixels, width, filter) {
  const height = pixels.length / width;
  const inside = (/** @type {number} */ place, /** @type {number} */ count) =>
    Math.max(0, Math.min(count - 1, place));
  return Float32Array.from({ length: pixels.length }, (_, place) => {
    const [row, column] = [Math.floor(place / width), place % width];
    return filter.reduce((sum, weight, k) => {
      const y = inside(row + Math.floor(k / SIZE) - 1, height);
      return sum + weight * pixels[y * width + inside(column + (k % SIZE) - 1, width)];
    }, 0);
  });
}

/**
 * @param {import("convscope/playground/stations/station.js").Context} _context
 * @param {import("convscope/playground/stations/picture.js").PictureSource} source
 * @returns {import("convscope/playground/stations/station.js").Station}
 */
export function convolutionStation(_context, source) {
  let filter = [...FILTERS[0][1]];
  let at = [41, 14];
  let begin = 0; // start time of the sweep, or 0
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const before = pictureCanvas("the picture");
  const after = pictureCanvas("what the filter makes of it");
  const point = (/** @type {number} */ row, /** @type {number} */ column) => {
    begin = 0;
    at = [row, column];
    draw();
  };
  const input = pointed(
    before.canvas,
    "the picture: point at a window, or move it with the arrow keys",
    point,
    "input",
  );
  const output = pointed(after.canvas, "the result: point at a pixel, or move with the arrow keys", point);
  const sum = element("p", { class: "number sum" });
  const weights = filter.map((_, k) =>
    element("input", {
      type: "number",
      step: "any",
      "aria-label": `weight in row ${Math.floor(k / SIZE) + 1}, column ${(k % SIZE) + 1}`,
      input: () => {
        filter[k] = Number(weights[k].value) || 0;
        draw();
      },
    }),
  );
  const names = toggles(
    "filter",
    FILTERS.map(([name]) => name),
    (place) => {
      filter = [...FILTERS[place][1]];
      fill();
      begin = isStill ? 0 : performance.now();
      draw();
    },
  );
  const fill = () => weights.forEach((one, k) => (one.value = String(Math.round(100 * filter[k]) / 100)));
  fill();

  function draw() {
    const { width, height } = source.picture;
    const pixels = brightness(source.picture);
    const result = filtered(pixels, width, filter);
    const isMap = Math.abs(filter.reduce((a, b) => a + b, 0)) < 0.01;
    const limit = limitOf(result) / 2; // saturate the strongest edges, so that the others remain visible
    const now = theme();
    const reached = begin ? Math.floor(((performance.now() - begin) / SWEEP) * result.length) : Infinity;
    if (begin && reached < result.length) requestAnimationFrame(draw);
    else begin = 0;
    before.paint(width, height, (place) => [pixels[place], pixels[place], pixels[place]]);
    after.paint(width, height, (place) => {
      if (place > reached) return [128, 128, 128];
      if (isMap) return signed(result[place], limit, now);
      const grey = Math.max(0, Math.min(255, result[place]));
      return [grey, grey, grey];
    });
    const [row, column] = begin
      ? [Math.floor(reached / width), reached % width]
      : at.map((one, axis) => Math.min(one, [height, width][axis] - 1));
    input.mark(row - 1, column - 1, SIZE, SIZE);
    output.mark(row, column, 1, 1);
    sum.textContent = `row ${row + 1}, column ${column + 1}: the sum of 9 products is ${three(result[row * width + column])}`;
  }

  const frame = stationFrame(
    {
      kind: "convolution",
      number: 2,
      title: "Convolution",
      question: "How can nine numbers find an edge?",
      text: [
        "A filter slides over the picture. At each place its nine weights are multiplied by the nine pixels there; the products are added up, and the sum becomes one pixel of the result. If the weights add up to 1, the result is another picture. If they add up to 0, it is a feature map: near 0 where everything is even, far from 0 where something changes.",
        "Nobody designs the filters of a network: training finds them.",
      ],
      task: "Choose vertical edges, and swap the signs of the two outer columns. What happens to orange and blue?",
    },
    [
      source.chooser(draw),
      names.element,
      element(
        "div",
        { class: "filtering" },
        input.holder,
        element("div", { class: "kernel", role: "group", "aria-label": "the filter" }, weights),
        output.holder,
      ),
      sum,
    ],
  );
  let isDrawn = false;
  return {
    kind: "convolution",
    element: frame,
    draw() {
      if (isDrawn && !source.isDrawing) return;
      isDrawn = true;
      draw();
    },
  };
}
