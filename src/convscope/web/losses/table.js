/** The tables of two networks' predictions, with probabilities that can be dragged. */

import { element, head } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import {
  classificationError,
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from "convscope/losses/formulas.js";

/**
 * @typedef {import("convscope/losses/page.js").Network} Network
 *
 * @typedef {{p: number[], truth: number}} Answer
 */

const FINEST = 0.01; // minimum distance of a dragged probability from 0 and 1, where the logarithm diverges
const COLUMNS = [
  "true class",
  "probabilities",
  "cross-entropy",
  "squared error",
  "classification error",
  "gradient of cross-entropy",
  "gradient of squared error",
];

/**
 * Draw the table of one network.
 *
 * @param {Network} network
 * @param {string[]} classes
 * @param {number[]} firsts  probability of the first class for each picture
 * @param {(firsts: number[]) => void} onDrag  called when a slider is released
 */
export function networkTable(network, classes, firsts, onDrag) {
  const values = [...firsts];
  const body = element("tbody");
  const foot = element("tfoot");
  const rows = network.pictures.map(({ truth }, index) => {
    const row = pictureRow(network.name, index, truth, classes, values[index], (first, done) => {
      values[index] = first;
      row.draw({ p: [first, 1 - first], truth });
      drawMeans();
      if (done) onDrag(values);
    });
    row.draw({ p: [values[index], 1 - values[index]], truth });
    return row;
  });
  const drawMeans = () =>
    foot.replaceChildren(
      meansRow(
        network.pictures.map(({ truth }, index) => ({ p: [values[index], 1 - values[index]], truth })),
      ),
    );
  drawMeans();
  body.append(...rows.map((row) => row.element));
  return element(
    "table",
    { class: "figures bench" },
    element("caption", {}, network.name),
    head(COLUMNS),
    body,
    foot,
  );
}

/**
 * @param {string} network
 * @param {number} index
 * @param {number} truth
 * @param {string[]} classes
 * @param {number} first
 * @param {(first: number, done: boolean) => void} onChange
 */
function pictureRow(network, index, truth, classes, first, onChange) {
  const written = element("output", {});
  const slider = element("input", {
    type: "range",
    min: FINEST,
    max: 1 - FINEST,
    step: FINEST,
    value: first,
    "aria-label": `${network}, picture ${index + 1}: probability of ${classes[0]}`,
    input: () => onChange(Number(slider.value), false),
    change: () => onChange(Number(slider.value), true),
  });
  // the slider must not be recreated while it is dragged: it would lose pointer capture and keyboard focus
  const losses = element(
    "tr",
    {},
    element("th", { scope: "row" }, classes[truth]),
    element("td", { class: "drag" }, slider, written),
  );
  /** @type {HTMLElement[]} */
  let numbers = [];
  return {
    element: losses,
    /** @param {Answer} answer */
    draw({ p, truth: class_ }) {
      written.textContent = classes
        .map((name, one) => `${name} ${three(Number(p[one].toFixed(4)))}`)
        .join(", ");
      for (const old of numbers) old.remove();
      numbers = [
        crossEntropy(p, class_),
        squaredError(p, class_),
        classificationError(p, class_),
        crossEntropyGradient(p, class_)[class_],
        squaredErrorGradient(p, class_)[class_],
      ].map((value, place) => cell(2 + place, value));
      losses.append(...numbers);
    },
  };
}

/** @param {Answer[]} answers */
function meansRow(answers) {
  const mean = (/** @type {(p: number[], truth: number) => number} */ loss) =>
    answers.reduce((sum, { p, truth }) => sum + loss(p, truth), 0) / answers.length;
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, "mean"),
    element("td"),
    [crossEntropy, squaredError, classificationError].map((loss, place) => cell(2 + place, mean(loss))),
    element("td", { colspan: 2 }),
  );
}

/**
 * Create a table cell with its column's name, which narrow screens show next to the number.
 *
 * @param {number} place
 * @param {number} value
 */
function cell(place, value) {
  return element("td", { "data-label": COLUMNS[place] }, number(value));
}
