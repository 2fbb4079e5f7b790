/**
 * Training: minibatch gradient descent with momentum on the cross-entropy,
 *
 *     v = 0.9 v + the mean gradient of the batch        w = w - learning rate * v
 *
 * from random weights (He et al., 2015, https://arxiv.org/abs/1502.01852). Each epoch uses every picture
 * once, in a new random order.
 *
 * @typedef {{pixels: Uint8Array, labels: ArrayLike<number>}} Pictures  concatenated pixels, 0 to 255
 * @typedef {{mean: number, std: number}} Scale  the network receives (pixel - mean) / std
 * @typedef {{learningRate: number, batchSize: number}} Settings
 * @typedef {{loss: number, accuracy: number}} Figures
 */

import { Random } from "convscope/playground/engine/random.js";
import { sizeOf } from "convscope/playground/engine/network.js";

const MOMENTUM = 0.9;

/** @typedef {import("convscope/playground/engine/network.js").Network} Network */

export class Trainer {
  /**
   * @param {Network} network  its weights are initialised
   * @param {Pictures} pictures
   * @param {Scale} scale
   * @param {number} seed
   */
  constructor(network, pictures, scale, seed) {
    this.network = network;
    this.pictures = pictures;
    this.scale = scale;
    this.random = new Random(seed);
    this.step = 0;
    this.order = Int32Array.from(pictures.labels, (_, place) => place);
    this.next = this.order.length; // position in the order
    this.seen = 0;
    this.image = new Float32Array(sizeOf(network.steps[0].shape));
    this.velocities = network.steps.map(({ weight, bias }) => [
      new Float32Array(weight.length),
      new Float32Array(bias.length),
    ]);
    initialise(network, this.random);
  }

  /** Number of epochs so far, including the fraction of the current one. */
  get epoch() {
    return this.seen / this.order.length;
  }

  /**
   * Train on one batch.
   *
   * @param {Settings} settings
   * @returns {number}  mean loss of the batch before the update
   */
  learn({ learningRate, batchSize }) {
    if (this.next >= this.order.length) {
      this.random.shuffle(this.order);
      this.next = 0;
    }
    const batch = this.order.subarray(this.next, this.next + batchSize);
    this.next += batchSize;
    this.network.clearGradients();
    let loss = 0;
    for (const place of batch) {
      read(this.pictures, place, this.scale, this.image);
      this.network.forward(this.image);
      loss += this.network.loss(this.pictures.labels[place]);
      this.network.backward(this.pictures.labels[place]);
    }
    this.network.steps.forEach((step, place) => {
      const [weights, biases] = this.velocities[place];
      descend(step.weight, step.weightGradient, weights, batch.length, learningRate);
      descend(step.bias, step.biasGradient, biases, batch.length, learningRate);
    });
    this.step++;
    this.seen += batch.length;
    return loss / batch.length;
  }
}

/**
 * Initialise the weights randomly, with a variance that keeps activations from vanishing or exploding (He
 * initialisation), and the biases with 0.
 *
 * @param {Network} network
 * @param {Random} random
 */
function initialise(network, random) {
  for (const { weight, bias } of network.steps) {
    const spread = Math.sqrt((2 * bias.length) / weight.length);
    for (let place = 0; place < weight.length; place++) weight[place] = spread * random.normal();
    bias.fill(0);
  }
}

/**
 * Update weights by gradient descent with momentum.
 *
 * @param {Float32Array} weights
 * @param {Float32Array} gradients  summed over the batch
 * @param {Float32Array} velocities
 * @param {number} count  number of pictures in the batch
 * @param {number} learningRate
 */
function descend(weights, gradients, velocities, count, learningRate) {
  for (let place = 0; place < weights.length; place++) {
    velocities[place] = MOMENTUM * velocities[place] + gradients[place] / count;
    weights[place] -= learningRate * velocities[place];
  }
}

/**
 * Normalise a picture.
 *
 * @param {Pictures} pictures
 * @param {number} place
 * @param {Scale} scale
 * @param {Float32Array} image  receives the result
 */
export function read({ pixels }, place, { mean, std }, image) {
  const from = place * image.length;
  for (let pixel = 0; pixel < image.length; pixel++) image[pixel] = (pixels[from + pixel] - mean) / std;
}

/**
 * Return mean loss and accuracy.
 *
 * @param {Network} network
 * @param {Pictures} pictures
 * @param {Scale} scale
 * @returns {Figures}
 */
export function evaluate(network, pictures, scale) {
  const image = new Float32Array(sizeOf(network.steps[0].shape));
  const count = pictures.labels.length;
  let [loss, right] = [0, 0];
  for (let place = 0; place < count; place++) {
    read(pictures, place, scale, image);
    const probabilities = network.forward(image);
    loss += network.loss(pictures.labels[place]);
    right += Number(probabilities.indexOf(Math.max(...probabilities)) === pictures.labels[place]);
  }
  return { loss: loss / count, accuracy: right / count };
}
