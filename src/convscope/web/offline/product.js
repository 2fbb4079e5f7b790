/**
 * Convolutions and full connections as matrix multiplications: windows are unrolled to rows (im2col) and
 * multiplied by the filters; then bias and activation are applied.
 *
 * @typedef {import("convscope/offline/network.js").Shape} Shape
 * @typedef {import("convscope/offline/network.js").Filters} Filters
 * @typedef {{kernel: import("convscope/offline/kernel.js").Kernel, rows: Float32Array, sums: Float32Array}}
 *   Bench  shared by all layers: the kernel, and buffers for the current rows and sums
 */

import { LIMITS, unpackFilters } from "convscope/offline/filters.js";
import { FILTERS, ROWS, compile } from "convscope/offline/kernel.js";

const AT_ONCE = 64; // rows; they stay in the CPU cache for all filters
const BYTES = 4;
const PAGE = 65_536; // bytes in a page of WebAssembly memory

/**
 * Allocate the memory that all these layers share.
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
  // addresses are multiples of 16 bytes
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
 * Whether two maps have the same height and width.
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
 * Pack the weights into panels of eight filters; the eight weights of one input are contiguous.
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
    /** Whether each window is one cell of the map, in order, so that no unrolling is needed. */
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
   * Copy windows into rows; cells outside the map are 0.
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

  /**
   * Multiply the rows by all filters.
   *
   * @param {number} count  number of rows; the last block may contain stale rows, whose sums are ignored
   */
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
   * Add the bias and apply the activation.
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
