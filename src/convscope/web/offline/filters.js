/** The filters of a layer as the page carries them. */

import { unpack } from "convscope/kit/arrays.js";
import { bytesOf } from "convscope/kit/base64.js";

/** Between which numbers an activation keeps its output. */
export const LIMITS = { relu: [0, Infinity], relu6: [0, 6], linear: [-Infinity, Infinity] };

/**
 * @param {import("convscope/offline/network.js").Filters} layer
 * @returns {Promise<{weights: Float32Array, bias: Float32Array}>}  weights: filters x rows x columns x channels
 */
export async function unpackFilters({ weights, bias }) {
  const { data } = await unpack(weights);
  return { weights: Float32Array.from(data), bias: new Float32Array(bytesOf(bias).buffer) };
}
