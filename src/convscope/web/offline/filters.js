/** The weights of a layer, as embedded in the page. */

import { unpack } from "convscope/kit/arrays.js";
import { bytesOf } from "convscope/kit/base64.js";

/** Minimum and maximum output of each activation. */
export const LIMITS = { relu: [0, Infinity], relu6: [0, 6], linear: [-Infinity, Infinity] };

/**
 * Unpack the weights of a layer.
 *
 * @param {import("convscope/offline/network.js").Filters} layer
 * @returns {Promise<{weights: Float32Array, bias: Float32Array}>}  weights: filters x rows x columns x channels
 */
export async function unpackFilters({ weights, bias }) {
  const { data } = await unpack(weights);
  return { weights: Float32Array.from(data), bias: new Float32Array(bytesOf(bias).buffer) };
}
