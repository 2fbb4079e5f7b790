/**
 * Whether a picture is of no known class, as `model/open_set.py` has it:
 *
 *     score = ln(sum over classes of exp z) - scale ‖x - origin less its part in the principal directions‖
 *
 * with x what reaches the output layer and z the logits divided by the temperature. The directions stand at right
 * angles and have length 1, so the square of that length is ‖x - origin‖² less the squares of the parts.
 *
 * @typedef {{origin: string, directions: string, scale: number, threshold: number}} OpenSetRule  the directions one
 *   after the other
 */

import { bytesOf } from "convscope/kit/base64.js";

/**
 * @param {OpenSetRule} rule
 * @returns {(features: Float32Array, logits: number[]) => boolean}
 */
export function open({ origin, directions, scale, threshold }) {
  const from = new Float32Array(bytesOf(origin).buffer);
  const axes = new Float32Array(bytesOf(directions).buffer);
  return (features, logits) => {
    const centred = Float64Array.from(features, (feature, place) => feature - from[place]);
    let outside = dot(centred, centred, 0);
    for (let at = 0; at < axes.length; at += centred.length) outside -= dot(centred, axes, at) ** 2;
    return energy(logits) - scale * Math.sqrt(Math.max(0, outside)) < threshold;
  };
}

/** @param {number[]} logits */
function energy(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

/**
 * @param {Float64Array} numbers
 * @param {Float32Array | Float64Array} others
 * @param {number} start  in the others
 */
function dot(numbers, others, start) {
  let sum = 0;
  for (let place = 0; place < numbers.length; place++) sum += numbers[place] * others[start + place];
  return sum;
}
