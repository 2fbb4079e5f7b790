/**
 * Convolutions and full connections: windows unrolled into rows, times the filters, plus bias, then the activation.
 *
 * @typedef {import("convscope/offline/network.js").Shape} Shape
 * @typedef {import("convscope/offline/network.js").Filters} Filters
 * @typedef {{kernel: import("convscope/offline/kernel.js").Kernel, rows: Float32Array, sums: Float32Array}} Bench
 *   what all products share, and where they put the rows and sums that they are at
 */

import { LIMITS, unpackFilters } from "convscope/offline/filters.js";
import { FILTERS, ROWS, compile } from "convscope/offline/kernel.js";

const AT_ONCE = 64; // rows: they stay in the processor's cache while all filters pass over them
const BYTES = 4;
const PAGE = 65_536; // bytes: the unit of WebAssembly's memory

/**
 * Makes room for the products of all these layers in one memory.
 *
 * @param {Filters[]} layers
 * @returns {Promise<(layer: Filters, input: Shape) => import("convscope/offline/network.js").Run>}
 */
export async function openProducts(layers) {
  const filters = await Promise.all(layers.map(unpackFilters));
  const sizes = filters.map(({ weights, bias }) => {
    const [length, padded] = [weights.length / bias.length, paddedCount(bias.length)];
    return { length, padded, count: padded * length };
  });
  const most = (/** @type {"length" | "padded"} */ size) => Math.max(...sizes.map((one) => one[size]));
  const numbers = [AT_ONCE * most("length"), AT_ONCE * most("padded"), ...sizes.map(({ count }) => count)];
  const total = numbers.reduce((a, b) => a + b);
  const memory = new WebAssembly.Memory({ initial: Math.ceil((total * BYTES) / PAGE) });
  let start = 0;
  // each begins at a multiple of 16 bytes
  const take = (/** @type {number} */ count) => {
    const taken = new Float32Array(memory.buffer, start, count);
    start += count * BYTES;
    return taken;
  };
  const bench = { kernel: await compile(memory), rows: take(numbers[0]), sums: take(numbers[1]) };
  return (layer, input) => {
    const { weights, bias } = filters[layers.indexOf(layer)];
    const panels = take((paddedCount(bias.length) * weights.length) / bias.length);
    fill(panels, weights, bias.length);
    const product = new Product(layer, input, panels, bias, bench);
    return (maps) => product.apply(maps);
  };
}

/**
 * Whether maps are of the same height and width.
 *
 * @param {Shape} one
 * @param {Shape} other
 */
function isSame(one, other) {
  return one[0] === other[0] && one[1] === other[1];
}

/** @param {number} filters */
function paddedCount(filters) {
  return Math.ceil(filters / FILTERS) * FILTERS;
}

/**
 * Puts the weights into panels of eight filters, the eight weights that meet one number side by side.
 *
 * @param {Float32Array} panels
 * @param {Float32Array} weights
 * @param {number} filters
 */
function fill(panels, weights, filters) {
  const length = weights.length / filters;
  for (let filter = 0; filter < filters; filter++) {
    const lane = filter % FILTERS;
    const panel = (filter - lane) * length;
    for (let k = 0; k < length; k++) panels[panel + k * FILTERS + lane] = weights[filter * length + k];
  }
}

class Product {
  /**
   * @param {Filters} layer
   * @param {Shape} input
   * @param {Float32Array} panels
   * @param {Float32Array} bias
   * @param {Bench} bench
   */
  constructor(layer, input, panels, bias, bench) {
    this.layer = layer;
    this.input = input;
    this.panels = panels;
    this.bias = bias;
    this.bench = bench;
    this.length = layer.window[0] * layer.window[1] * input[2];
    this.padded = paddedCount(bias.length);
    /** Whether the windows are the map's cells in order, so that rows need not be put together. */
    this.isPointwise =
      [...layer.window, ...layer.stride].every((cells) => cells === 1) && isSame(layer.output, input);
  }

  /**
   * @param {Float32Array} maps
   * @returns {Float32Array}
   */
  apply(maps) {
    const [height, width, filters] = this.layer.output;
    const output = new Float32Array(height * width * filters);
    for (let start = 0; start < height * width; start += AT_ONCE) {
      const count = Math.min(AT_ONCE, height * width - start);
      this.unroll(maps, start, count);
      this.multiply(count);
      this.finish(output, start, count);
    }
    return output;
  }

  /**
   * Copies windows, a row each; what lies outside the map is 0.
   *
   * @param {Float32Array} maps
   * @param {number} start
   * @param {number} count
   */
  unroll(maps, start, count) {
    const { rows } = this.bench;
    const [height, width, channels] = this.input;
    const { window, stride, padding, output } = this.layer;
    if (this.isPointwise) {
      rows.set(maps.subarray(start * channels, (start + count) * channels));
      return;
    }
    for (let row = 0; row < count; row++) {
      const top = Math.floor((start + row) / output[1]) * stride[0] - padding[0];
      const left = ((start + row) % output[1]) * stride[1] - padding[1];
      const [from, to] = [Math.max(0, left), Math.min(width, left + window[1])];
      for (let y = 0; y < window[0]; y++) {
        const at = row * this.length + y * window[1] * channels;
        const isInside = top + y >= 0 && top + y < height && from < to;
        const filled = isInside ? (to - from) * channels : 0;
        const first = isInside ? at + (from - left) * channels : at;
        const source = ((top + y) * width + from) * channels;
        rows.fill(0, at, first);
        for (let k = 0; k < filled; k++) rows[first + k] = maps[source + k];
        rows.fill(0, first + filled, at + window[1] * channels);
      }
    }
  }

  /** @param {number} count  of rows; those that fill the last block are left over from before and not read */
  multiply(count) {
    const { length, padded, panels } = this;
    const { kernel, rows, sums } = this.bench;
    for (let filter = 0; filter < padded; filter += FILTERS) {
      for (let row = 0; row < count; row += ROWS) {
        kernel(
          rows.byteOffset + row * length * BYTES,
          length * BYTES,
          length,
          panels.byteOffset + filter * length * BYTES,
          sums.byteOffset + (row * padded + filter) * BYTES,
          padded * BYTES,
        );
      }
    }
  }

  /**
   * Adds the bias and keeps what comes out between the activation's limits.
   *
   * @param {Float32Array} output
   * @param {number} start
   * @param {number} count
   */
  finish(output, start, count) {
    const { bias, padded } = this;
    const { sums } = this.bench;
    const [least, most] = LIMITS[this.layer.activation];
    for (let row = 0; row < count; row++) {
      const at = (start + row) * bias.length;
      for (let filter = 0; filter < bias.length; filter++) {
        output[at + filter] = Math.min(most, Math.max(least, sums[row * padded + filter] + bias[filter]));
      }
    }
  }
}
