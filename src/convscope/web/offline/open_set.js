/**
 * The open-set rules, as defined in `model/virtual_logit.py` and `model/nearest.py`: does a picture belong to
 * an unknown class? x are the features, the input of the output layer, and z the logits divided by the
 * temperature:
 *
 *     virtual_logit   score = ln(sum over classes of exp z) - scale ‖x - origin, without its part in the directions‖
 *     nearest         score = the largest product of known pictures with the coordinates of scale x / ‖scale x‖
 *                             along the directions
 *
 * The directions are orthonormal, so the square of the first norm is ‖x - origin‖² minus the squares of the
 * coordinates.
 *
 * @typedef {{kind: "virtual_logit", origin: string, directions: string, scale: number, threshold: number}}
 *   VirtualLogit  the directions are concatenated
 * @typedef {{kind: "nearest", scale: string, directions: string, known: string, labels: number[],
 *   threshold: number}} Nearest  the known pictures are concatenated
 * @typedef {VirtualLogit | Nearest} OpenSetRule
 * @typedef {{label: number, similarity: number}} Known  class of a known picture, and its similarity
 * @typedef {{score: number, similar: Known[]}} Fit  the score, and for `nearest` the most similar known
 *   pictures
 * @typedef {(features: Float32Array, logits: number[]) => Fit} Score
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { bytesOf } from "convscope/kit/base64.js";

const MOST_SIMILAR = 5;

/**
 * @param {OpenSetRule} rule
 * @returns {(features: Float32Array, logits: number[]) => {isUnknown: boolean, similar: Known[]}}
 */
export function open(rule) {
  const fit = rule.kind === "nearest" ? nearest(rule) : virtualLogit(rule);
  return (features, logits) => {
    const { score, similar } = fit(features, logits);
    return { isUnknown: score < rule.threshold, similar };
  };
}

/**
 * @param {VirtualLogit} rule
 * @returns {Score}
 */
function virtualLogit({ origin, directions, scale }) {
  const [from, axes] = [floats(origin), floats(directions)];
  return (features, logits) => {
    const centred = Float64Array.from(features, (feature, place) => feature - from[place]);
    const inside = products(axes, centred);
    const outside = dot(centred, centred, 0) - dot(inside, inside, 0);
    return { score: energy(logits) - scale * Math.sqrt(Math.max(0, outside)), similar: [] };
  };
}

/**
 * @param {Nearest} rule
 * @returns {Score}
 */
function nearest({ scale, directions, known, labels }) {
  const [factors, axes, pictures] = [floats(scale), floats(directions), floats(known)];
  return (features) => {
    const scaled = Float64Array.from(features, (feature, place) => feature * factors[place]);
    const length = Math.sqrt(dot(scaled, scaled, 0)) + 1e-12;
    const cosines = products(pictures, products(axes, scaled)).map((product) => product / length);
    const similar = largestFirst(cosines)
      .slice(0, MOST_SIMILAR)
      .map((place) => ({ label: labels[place], similarity: cosines[place] }));
    return { score: similar[0].similarity, similar };
  };
}

/** @param {string} text */
function floats(text) {
  return new Float32Array(bytesOf(text).buffer);
}

/** @param {number[]} logits */
function energy(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

/**
 * Return the product of a matrix and a vector.
 *
 * @param {Float32Array} rows  in row-major order
 * @param {Float64Array} vector
 */
function products(rows, vector) {
  return Float64Array.from({ length: rows.length / vector.length }, (_, row) =>
    dot(vector, rows, row * vector.length),
  );
}

/**
 * Return a dot product.
 *
 * @param {Float64Array} numbers
 * @param {Float32Array | Float64Array} others
 * @param {number} start  offset in `others`
 */
function dot(numbers, others, start) {
  let sum = 0;
  for (let place = 0; place < numbers.length; place++) sum += numbers[place] * others[start + place];
  return sum;
}
