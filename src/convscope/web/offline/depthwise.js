/**
 * Depthwise convolution: every map has its own filter. Four maps are filtered at a time; their sums are
 * independent, which takes little more than half the time.
 */

import { LIMITS, unpackFilters } from "convscope/offline/filters.js";

/**
 * @typedef {import("convscope/offline/network.js").Shape} Shape
 * @typedef {import("convscope/offline/network.js").Filters} Filters
 */

/**
 * @param {Filters} layer
 * @param {Shape[]} inputs
 * @returns {Promise<import("convscope/offline/network.js").Run>}
 */
export async function openDepthwise(layer, [input]) {
  const { weights, bias } = await unpackFilters(layer);
  const taps = cellsFirst(weights, bias.length);
  return (maps) => convolve(maps, input, layer, taps, bias);
}

/**
 * Reorder the weights so that channels come last, as in the maps.
 *
 * @param {Float32Array} weights
 * @param {number} channels
 */
function cellsFirst(weights, channels) {
  const cells = weights.length / channels;
  return weights.map((_, place) => weights[(place % channels) * cells + Math.floor(place / channels)]);
}

/**
 * Convolve all maps.
 *
 * @param {Float32Array} maps
 * @param {Shape} input
 * @param {Filters} layer
 * @param {Float32Array} taps  window height x window width x channels
 * @param {Float32Array} bias
 */
function convolve(maps, [height, width, channels], layer, taps, bias) {
  const { stride, padding, output } = layer;
  const [down, across] = layer.window;
  const [least, most] = LIMITS[layer.activation];
  const result = new Float32Array(output[0] * output[1] * channels);
  for (let row = 0, place = 0; row < output[0]; row++) {
    const top = row * stride[0] - padding[0];
    const from = Math.max(0, -top);
    const to = Math.min(down, height - top);
    for (let column = 0; column < output[1]; column++, place += channels) {
      const left = column * stride[1] - padding[1];
      const first = Math.max(0, -left);
      const end = Math.min(across, width - left);
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        let s0 = bias[c];
        let s1 = bias[c + 1];
        let s2 = bias[c + 2];
        let s3 = bias[c + 3];
        for (let y = from; y < to; y++) {
          let at = ((top + y) * width + left + first) * channels + c;
          let tap = (y * across + first) * channels + c;
          for (let x = first; x < end; x++, at += channels, tap += channels) {
            s0 += maps[at] * taps[tap];
            s1 += maps[at + 1] * taps[tap + 1];
            s2 += maps[at + 2] * taps[tap + 2];
            s3 += maps[at + 3] * taps[tap + 3];
          }
        }
        result[place + c] = Math.min(most, Math.max(least, s0));
        result[place + c + 1] = Math.min(most, Math.max(least, s1));
        result[place + c + 2] = Math.min(most, Math.max(least, s2));
        result[place + c + 3] = Math.min(most, Math.max(least, s3));
      }
      for (; c < channels; c++) {
        let sum = bias[c];
        for (let y = from; y < to; y++) {
          let at = ((top + y) * width + left + first) * channels + c;
          let tap = (y * across + first) * channels + c;
          for (let x = first; x < end; x++, at += channels, tap += channels) sum += maps[at] * taps[tap];
        }
        result[place + c] = Math.min(most, Math.max(least, sum));
      }
    }
  }
  return result;
}
