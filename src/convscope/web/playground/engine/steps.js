/**
 * The steps of the network for one picture: `forward(step, x, y)` fills y; `backward(step, x, dy, dx)` adds
 * to the gradients of the step's weights and to dx, which is null if not needed. Softmax has no `backward`:
 * its gradient is computed together with that of the loss (`network.js`).
 *
 * @typedef {import("convscope/playground/engine/network.js").Step} Step
 * @typedef {object} Kind
 * @property {(step: Step, x: Float32Array, y: Float32Array) => void} forward
 * @property {(step: Step, x: Float32Array, dy: Float32Array, dx: any) => void} backward
 */

import { convolve, convolveBack } from "convscope/playground/engine/convolution.js";
import { poolMax, poolMaxBack, poolMean, poolMeanBack } from "convscope/playground/engine/pooling.js";

/** @type {Record<string, Kind>} */
export const KINDS = {
  convolution: { forward: convolve, backward: convolveBack },
  relu: { forward: relu, backward: reluBack },
  max_pooling: { forward: poolMax, backward: poolMaxBack },
  average_pooling: { forward: poolMean, backward: poolMeanBack },
  flattening: {
    forward: (_step, x, y) => y.set(x),
    backward: (_step, _x, dy, dx) => dx.set(dy),
  },
  full_connection: { forward: connect, backward: connectBack },
  softmax: { forward: softmax, backward: () => {} },
};

/**
 * Compute y = max(0, x).
 *
 * @param {Step} _step
 * @param {Float32Array} x
 * @param {Float32Array} y
 */
function relu(_step, x, y) {
  for (let place = 0; place < x.length; place++) y[place] = x[place] > 0 ? x[place] : 0;
}

/**
 * Pass the gradient where the input was positive.
 *
 * @param {Step} _step
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array} dx
 */
function reluBack(_step, x, dy, dx) {
  for (let place = 0; place < x.length; place++) dx[place] = x[place] > 0 ? dy[place] : 0;
}

/**
 * Compute y[n] = bias[n] + the sum of weight[n][k] x[k].
 *
 * @param {Step} step
 * @param {Float32Array} x
 * @param {Float32Array} y
 */
function connect({ weight, bias }, x, y) {
  for (let neuron = 0; neuron < y.length; neuron++) {
    let sum = bias[neuron];
    for (let k = 0, place = neuron * x.length; k < x.length; k++, place++) sum += weight[place] * x[k];
    y[neuron] = sum;
  }
}

/**
 * Accumulate the gradients of weights, biases and, unless dx is null, the input.
 *
 * @param {Step} step
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array | null} dx  initially 0
 */
function connectBack({ weight, weightGradient, biasGradient }, x, dy, dx) {
  for (let neuron = 0; neuron < dy.length; neuron++) {
    const g = dy[neuron];
    if (g === 0) continue;
    biasGradient[neuron] += g;
    for (let k = 0, place = neuron * x.length; k < x.length; k++, place++) {
      weightGradient[place] += g * x[k];
      if (dx) dx[k] += g * weight[place];
    }
  }
}

/**
 * Compute p[k] = exp(z[k] - max z) / the sum of these exponentials.
 *
 * @param {Step} _step
 * @param {Float32Array} z
 * @param {Float32Array} p
 */
function softmax(_step, z, p) {
  let [largest, sum] = [-Infinity, 0];
  for (const logit of z) largest = Math.max(largest, logit);
  for (let k = 0; k < z.length; k++) sum += p[k] = Math.exp(z[k] - largest);
  for (let k = 0; k < z.length; k++) p[k] /= sum;
}
