/** What the page says about one picture: the picture, what the network sees of it, and the leading classes. */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { element } from "convscope/kit/dom.js";
import { percent } from "convscope/kit/numbers.js";

const MOST_CLASSES = 5;
const UNKNOWN = "probably of none of these classes";

/**
 * @typedef {import("convscope/offline/worker.js").Answer} Answer
 * @typedef {import("convscope/offline/network.js").Model} Model
 */

/**
 * @param {Answer} answer
 * @param {Model} model
 */
export function table({ probabilities, isUnknown, milliseconds }, { classes }) {
  const leading = largestFirst(probabilities).slice(0, MOST_CLASSES);
  const rows = leading.map((index) => ({ label: classes[index], value: probabilities[index] }));
  return bars(rows, {
    caption: [isUnknown && UNKNOWN, `in ${milliseconds.toFixed(1)} ms`].filter(Boolean).join("; "),
    shares: true,
  });
}

/**
 * The answer in words.
 *
 * @param {Answer} answer
 * @param {Model} model
 */
export function told({ probabilities, isUnknown }, { classes }) {
  const [first] = largestFirst(probabilities);
  return `${isUnknown ? `${UNKNOWN}; nearest: ` : ""}${classes[first]}, ${percent(probabilities[first])}`;
}

/**
 * What the network reads, each pixel a cell.
 *
 * @param {Answer} answer
 * @param {Model} model
 */
export function seen({ prepared }, { preparation: { height, width, channels } }) {
  const canvas = element("canvas", { width, height, role: "img", "aria-label": "what the network sees" });
  const image = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    for (let c = 0; c < 3; c++) image.data[4 * place + c] = prepared[place * channels + (c % channels)];
    image.data[4 * place + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
