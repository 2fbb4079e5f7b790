/**
 * The network: from prepared pixels to logits. Maps have their channels last, as `offline/chain.py` describes.
 *
 * @typedef {[height: number, width: number, channels: number]} Shape
 * @typedef {[high: number, wide: number]} Pair
 * @typedef {{kind: "product", window: Pair, stride: Pair, padding: Pair, output: Shape, relu: boolean,
 *   weights: string, scales: string, bias: string}} ProductFields
 * @typedef {{kind: "max_pooling" | "average_pooling", window: Pair, stride: Pair, output: Shape}} Pooling
 * @typedef {{network: string, classes: string[], preparation: import("convscope/offline/preparation.js").Preparation,
 *   mean: number[], std: number[], temperature: number, layers: (ProductFields | Pooling)[],
 *   open_set: import("convscope/offline/open_set.js").OpenSetRule | null}} Model
 * @typedef {{features: Float32Array, logits: number[]}} Output  what reaches the output layer, and what that makes of
 *   it, divided by the temperature
 */

import { Product } from "convscope/offline/product.js";

/**
 * Makes a network ready: its weights are unpacked, its kernel compiled.
 *
 * @param {Model} model
 */
export async function open(model) {
  const { preparation, mean, std, temperature } = model;
  /** @type {Shape} */
  let shape = [preparation.height, preparation.width, preparation.channels];
  /** @type {((maps: Float32Array) => Float32Array)[]} */
  const steps = [];
  for (const stage of model.layers) {
    const input = shape;
    if (stage.kind === "product") {
      const product = await Product.open(stage, input);
      steps.push((maps) => product.apply(maps));
    } else steps.push((maps) => pool(maps, input, stage));
    shape = stage.output;
  }
  const last = steps.pop();
  if (!last) throw new Error("the network has no output layer");
  /** @param {Uint8Array} pixels @returns {Output} */
  return (pixels) => {
    let features = normalised(pixels, mean, std);
    for (const step of steps) features = step(features);
    return { features, logits: Array.from(last(features), (logit) => logit / temperature) };
  };
}

/** @param {number[]} logits */
export function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/**
 * @param {Uint8Array} pixels
 * @param {number[]} mean
 * @param {number[]} std
 * @returns {Float32Array}
 */
function normalised(pixels, mean, std) {
  const maps = new Float32Array(pixels.length);
  for (let place = 0; place < maps.length;) {
    for (let c = 0; c < mean.length; c++, place++) maps[place] = (pixels[place] - mean[c]) / std[c];
  }
  return maps;
}

/**
 * The largest or the mean cell of every window; of a window that overhangs, only cells of the map count.
 *
 * @param {Float32Array} maps
 * @param {Shape} input
 * @param {Pooling} stage
 */
function pool(maps, [height, width, channels], { kind, window, stride, output }) {
  const pooled = new Float32Array(output[0] * output[1] * channels);
  const cells = new Float64Array(channels);
  const isMax = kind === "max_pooling";
  for (let row = 0, place = 0; row < output[0]; row++) {
    const [top, bottom] = [row * stride[0], Math.min(height, row * stride[0] + window[0])];
    for (let column = 0; column < output[1]; column++, place += channels) {
      const [left, right] = [column * stride[1], Math.min(width, column * stride[1] + window[1])];
      cells.fill(isMax ? -Infinity : 0);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const at = (y * width + x) * channels;
          for (let c = 0; c < channels; c++) {
            const cell = maps[at + c];
            if (!isMax) cells[c] += cell;
            else if (cell > cells[c]) cells[c] = cell;
          }
        }
      }
      const count = isMax ? 1 : (bottom - top) * (right - left);
      for (let c = 0; c < channels; c++) pooled[place + c] = cells[c] / count;
    }
  }
  return pooled;
}
