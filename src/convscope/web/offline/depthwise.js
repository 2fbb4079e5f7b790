/** Depthwise convolution: every map has one filter of its own. */

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
 * Puts the weights of one cell of the window side by side, as those of the maps are.
 *
 * @param {Float32Array} weights
 * @param {number} channels
 */
function cellsFirst(weights, channels) {
  const cells = weights.length / channels;
  return weights.map((_, place) => weights[(place % channels) * cells + Math.floor(place / channels)]);
}

/**
 * @param {Float32Array} maps
 * @param {Shape} input
 * @param {Filters} layer
 * @param {Float32Array} taps  window height x window width x channels
 * @param {Float32Array} bias
 */
function convolve(maps, [height, width, channels], layer, taps, bias) {
  const { window, stride, padding, output } = layer;
  const [least, most] = LIMITS[layer.activation];
  const result = new Float32Array(output[0] * output[1] * channels);
  for (let row = 0, place = 0; row < output[0]; row++) {
    const top = row * stride[0] - padding[0];
    const [from, to] = [Math.max(0, -top), Math.min(window[0], height - top)];
    for (let column = 0; column < output[1]; column++, place += channels) {
      const left = column * stride[1] - padding[1];
      const [first, end] = [Math.max(0, -left), Math.min(window[1], width - left)];
      for (let c = 0; c < channels; c++) {
        let sum = bias[c];
        for (let y = from; y < to; y++) {
          let at = ((top + y) * width + left + first) * channels + c;
          let tap = (y * window[1] + first) * channels + c;
          for (let x = first; x < end; x++, at += channels, tap += channels) sum += maps[at] * taps[tap];
        }
        result[place + c] = Math.min(most, Math.max(least, sum));
      }
    }
  }
  return result;
}
