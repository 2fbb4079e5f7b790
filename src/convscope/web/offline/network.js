/**
 * The network, from prepared pixels to logits. Maps have their channels last, as described in
 * `offline/layers.py`.
 *
 * @typedef {[height: number, width: number, channels: number]} Shape
 * @typedef {[high: number, wide: number]} Pair
 * @typedef {{name: string, inputs: string[], output: Shape}} Place  name, inputs and output shape of a layer
 * @typedef {Place & {kind: "convolution" | "depthwise_convolution", window: Pair, stride: Pair, padding: Pair,
 *   activation: "relu" | "relu6" | "linear", weights: import("convscope/kit/arrays.js").Packed, bias: string}} Filters
 * @typedef {Place & {kind: `${string}_pooling`, window: Pair, stride: Pair}} Pooling
 * @typedef {Place & {kind: "addition" | "joining"}} Meeting  a layer with several inputs
 * @typedef {Filters | Pooling | Meeting} Layer
 * @typedef {{network: string, classes: string[], preparation: import("convscope/offline/preparation.js").Preparation,
 *   mean: number[], std: number[], temperature: number, layers: Layer[],
 *   last_step: "softmax" | "sigmoid", thresholds: number[] | null,
 *   open_set: import("convscope/offline/open_set.js").OpenSetRule | null}} Model
 * @typedef {{features: Float32Array, logits: number[]}} Output  input of the output layer, and the logits
 *   divided by the temperature
 * @typedef {(...maps: Float32Array[]) => Float32Array} Run  executes a layer
 */

import { openDepthwise } from "convscope/offline/depthwise.js";
import { openAddition, openJoining } from "convscope/offline/meeting.js";
import { POOLINGS } from "convscope/offline/pooling.js";
import { openProducts } from "convscope/offline/product.js";

/** @type {Record<string, (layer: any, inputs: Shape[]) => Run | Promise<Run>>} */
const KINDS = {
  depthwise_convolution: openDepthwise,
  ...POOLINGS,
  addition: openAddition,
  joining: openJoining,
};

/**
 * Prepare a network: unpack its weights and compile its kernel.
 *
 * @param {Model} model
 */
export async function open({ preparation, mean, std, temperature, layers }) {
  /** @type {Map<string, Shape>} */
  const shapes = new Map([["image", [preparation.height, preparation.width, preparation.channels]]]);
  for (const { name, output } of layers) shapes.set(name, output);
  /** @param {Layer} layer */
  const inputsOf = ({ inputs }) => inputs.map((name) => /** @type {Shape} */ (shapes.get(name)));
  const products = await openProducts(
    /** @type {Filters[]} */ (layers.filter(({ kind }) => kind === "convolution")),
  );
  const runs = await Promise.all(
    layers.map((layer) =>
      layer.kind === "convolution"
        ? products(layer, inputsOf(layer)[0])
        : KINDS[layer.kind](layer, inputsOf(layer)),
    ),
  );
  const last = layers[layers.length - 1];
  /** @param {Uint8Array} pixels @returns {Output} */
  return (pixels) => {
    const maps = new Map([["image", normalised(pixels, mean, std)]]);
    /** @param {string} name */
    const read = (name) => /** @type {Float32Array} */ (maps.get(name));
    layers.forEach(({ name, inputs }, place) => maps.set(name, runs[place](...inputs.map(read))));
    return {
      features: read(last.inputs[0]),
      logits: Array.from(read(last.name), (logit) => logit / temperature),
    };
  };
}

/** @param {number[]} logits */
function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/** @param {number[]} logits */
function sigmoid(logits) {
  return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
}

/** The functions that turn logits into probabilities, by the name of the network's last step. */
export const LAST_STEPS = { softmax, sigmoid };

/**
 * @param {Uint8Array} pixels
 * @param {number[]} mean
 * @param {number[]} std
 * @returns {Float32Array}
 */
function normalised(pixels, mean, std) {
  const maps = new Float32Array(pixels.length);
  for (let place = 0; place < maps.length; ) {
    for (let c = 0; c < mean.length; c++, place++) maps[place] = (pixels[place] - mean[c]) / std[c];
  }
  return maps;
}
