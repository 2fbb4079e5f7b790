/** The filters of a layer as the page carries them. */

import { bytesOf } from "convscope/kit/base64.js";

/** Between which numbers an activation keeps its output. */
export const LIMITS = { relu: [0, Infinity], relu6: [0, 6], linear: [-Infinity, Infinity] };

/**
 * @param {import("convscope/offline/network.js").Filters} layer
 * @returns {{weights: Float32Array, bias: Float32Array}}  weights: filters x rows x columns x channels
 */
export function unpack({ weights, scales, bias }) {
  const multiples = new Int16Array(bytesOf(weights).buffer);
  const steps = new Float32Array(bytesOf(scales).buffer);
  const each = multiples.length / steps.length;
  const unpacked = new Float32Array(multiples.length);
  steps.forEach((step, filter) => {
    for (let place = filter * each; place < (filter + 1) * each; place++) unpacked[place] = multiples[place] * step;
  });
  return { weights: unpacked, bias: new Float32Array(bytesOf(bias).buffer) };
}
