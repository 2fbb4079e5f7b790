/**
 * A convolution or a full connection: windows unrolled into rows, times the filters, plus bias, then ReLU.
 *
 * @typedef {import("convscope/offline/network.js").Shape} Shape
 * @typedef {import("convscope/offline/network.js").ProductFields} ProductFields
 */

import { bytesOf } from "convscope/kit/base64.js";
import { FILTERS, ROWS, compile } from "convscope/offline/kernel.js";

const AT_ONCE = 64; // rows: they stay in the processor's cache while all filters pass over them
const BYTES = 4;
const PAGE = 65_536; // bytes: the unit of WebAssembly's memory

export class Product {
  /**
   * @param {ProductFields} stage
   * @param {Shape} input
   */
  static async open(stage, input) {
    const { buffer } = bytesOf(stage.weights);
    const length = stage.window[0] * stage.window[1] * input[2];
    const padded = Math.ceil(stage.output[2] / FILTERS) * FILTERS;
    const numbers = (AT_ONCE + padded) * length + AT_ONCE * padded;
    const memory = new WebAssembly.Memory({ initial: Math.ceil((numbers * BYTES) / PAGE) });
    const product = new Product(stage, input, memory, await compile(memory));
    product.fill(new Int16Array(buffer), new Float32Array(bytesOf(stage.scales).buffer));
    return product;
  }

  /**
   * @param {ProductFields} stage
   * @param {Shape} input
   * @param {WebAssembly.Memory} memory
   * @param {import("convscope/offline/kernel.js").Kernel} kernel
   */
  constructor(stage, input, memory, kernel) {
    this.stage = stage;
    this.input = input;
    this.kernel = kernel;
    this.bias = new Float32Array(bytesOf(stage.bias).buffer);
    this.length = stage.window[0] * stage.window[1] * input[2];
    this.padded = Math.ceil(this.bias.length / FILTERS) * FILTERS;
    const weights = this.padded * this.length;
    // all three begin at a multiple of 16 bytes
    this.weights = new Float32Array(memory.buffer, 0, weights);
    this.sums = new Float32Array(memory.buffer, weights * BYTES, AT_ONCE * this.padded);
    this.rows = new Float32Array(
      memory.buffer,
      (weights + AT_ONCE * this.padded) * BYTES,
      AT_ONCE * this.length,
    );
  }

  /**
   * Puts the weights into panels of eight filters, the eight weights that meet one number side by side.
   *
   * @param {Int16Array} multiples
   * @param {Float32Array} steps
   */
  fill(multiples, steps) {
    const { length, weights } = this;
    steps.forEach((step, filter) => {
      const lane = filter % FILTERS;
      const panel = (filter - lane) * length;
      for (let k = 0; k < length; k++) {
        weights[panel + k * FILTERS + lane] = multiples[filter * length + k] * step;
      }
    });
  }

  /**
   * @param {Float32Array} maps
   * @returns {Float32Array}
   */
  apply(maps) {
    const [height, width, filters] = this.stage.output;
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
    const [height, width, channels] = this.input;
    const { window, stride, padding, output } = this.stage;
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
        this.rows.fill(0, at, first);
        for (let k = 0; k < filled; k++) this.rows[first + k] = maps[source + k];
        this.rows.fill(0, first + filled, at + window[1] * channels);
      }
    }
  }

  /** @param {number} count  of rows; those that fill the last block are left over from before and not read */
  multiply(count) {
    const { length, padded, rows, sums, weights } = this;
    for (let filter = 0; filter < padded; filter += FILTERS) {
      for (let row = 0; row < count; row += ROWS) {
        this.kernel(
          rows.byteOffset + row * length * BYTES,
          length * BYTES,
          length,
          weights.byteOffset + filter * length * BYTES,
          sums.byteOffset + (row * padded + filter) * BYTES,
          padded * BYTES,
        );
      }
    }
  }

  /**
   * Adds the bias and takes what is above 0, or all of it in the output layer.
   *
   * @param {Float32Array} output
   * @param {number} start
   * @param {number} count
   */
  finish(output, start, count) {
    const { bias, padded, sums } = this;
    const least = this.stage.relu ? 0 : -Infinity;
    for (let row = 0; row < count; row++) {
      const at = (start + row) * bias.length;
      for (let filter = 0; filter < bias.length; filter++) {
        output[at + filter] = Math.max(least, sums[row * padded + filter] + bias[filter]);
      }
    }
  }
}
