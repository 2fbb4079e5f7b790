/**
 * A small chain of steps that runs and trains in the browser. The output of every step is kept for display.
 * Gradients of the weights are summed over pictures until they are cleared.
 *
 * @typedef {[down: number, across: number]} Pair
 * @typedef {object} StepDescription
 * @property {string} name  `image`, `convolution_1`, `convolution_1.relu`, ..., `softmax`
 * @property {string} kind
 * @property {string} title  display name
 * @property {number[]} inputShape
 * @property {number[]} shape  (maps, height, width) or (values)
 * @property {Pair} window  of a convolution or pooling, otherwise [1, 1]
 * @property {Pair} stride
 * @property {Pair} padding
 *
 * @typedef {object} Learned  arrays of a step; empty if it has no weights
 * @property {Float32Array} weight
 * @property {Float32Array} bias
 * @property {Float32Array} weightGradient
 * @property {Float32Array} biasGradient
 * @property {Int32Array[]} cells  indices of the cells in each pooling window
 *
 * @typedef {StepDescription & Learned} Step
 * @typedef {Record<string, Float32Array>} Weights  by name, such as `convolution_1.weight`
 */

import { windowCells } from "convscope/playground/engine/pooling.js";
import { KINDS } from "convscope/playground/engine/steps.js";

const NOTHING = new Float32Array(0);

export class Network {
  /**
   * @param {StepDescription[]} steps  from the image to softmax; each reads the previous one
   * @param {Weights} weights  copied
   */
  constructor(steps, weights) {
    /** @type {Step[]} */
    this.steps = steps.map((step) => ({ ...step, ...arraysOf(step, weights) }));
    /** The latest output of each step, starting with the image. */
    this.outputs = steps.map(({ shape }) => new Float32Array(sizeOf(shape)));
    this.gradients = steps.map(({ shape }) => new Float32Array(sizeOf(shape)));
    this.firstLearned = steps.findIndex(({ name }) => `${name}.weight` in weights);
  }

  /** The latest output of softmax: one probability per class. */
  get probabilities() {
    return this.outputs[this.outputs.length - 1];
  }

  /** A copy of the current weights. @returns {Weights} */
  get weights() {
    const learned = this.steps.filter(({ weight }) => weight.length);
    return Object.fromEntries(
      learned.flatMap(({ name, weight, bias }) => [
        [`${name}.weight`, weight.slice()],
        [`${name}.bias`, bias.slice()],
      ]),
    );
  }

  /** Replace the weights. @param {Weights} weights  copied */
  load(weights) {
    for (const { name, weight, bias } of this.steps) {
      if (!weight.length) continue;
      weight.set(weights[`${name}.weight`]);
      bias.set(weights[`${name}.bias`]);
    }
  }

  /**
   * Run the forward pass.
   *
   * @param {ArrayLike<number>} image  normalised
   */
  forward(image) {
    this.outputs[0].set(image);
    for (let place = 1; place < this.steps.length; place++) {
      const step = this.steps[place];
      KINDS[step.kind].forward(step, this.outputs[place - 1], this.outputs[place]);
    }
    return this.probabilities;
  }

  /**
   * Return the cross-entropy of the last picture: −ln of the probability of its true class.
   *
   * @param {number} label
   */
  loss(label) {
    return -Math.log(Math.max(this.probabilities[label], 1e-30));
  }

  /**
   * Run the backward pass of the last picture, adding to the gradients. The gradient of loss and softmax
   * together with respect to the logits is p − y, where y is 1 for the true class and otherwise 0.
   *
   * @param {number} label
   */
  backward(label) {
    const last = this.steps.length - 2;
    this.gradients[last].set(this.probabilities);
    this.gradients[last][label] -= 1;
    for (let place = last; place >= this.firstLearned; place--) {
      const step = this.steps[place];
      const isNeeded = place > this.firstLearned;
      if (isNeeded) this.gradients[place - 1].fill(0);
      const dx = isNeeded ? this.gradients[place - 1] : null;
      KINDS[step.kind].backward(step, this.outputs[place - 1], this.gradients[place], dx);
    }
  }

  clearGradients() {
    for (const { weightGradient, biasGradient } of this.steps) {
      weightGradient.fill(0);
      biasGradient.fill(0);
    }
  }
}

/** @param {number[]} shape */
export function sizeOf(shape) {
  return shape.reduce((a, b) => a * b, 1);
}

/**
 * @param {StepDescription} step
 * @param {Weights} weights
 * @returns {Learned}
 */
function arraysOf(step, weights) {
  const weight = weights[`${step.name}.weight`]?.slice() ?? NOTHING;
  const bias = weights[`${step.name}.bias`]?.slice() ?? NOTHING;
  return {
    weight,
    bias,
    weightGradient: new Float32Array(weight.length),
    biasGradient: new Float32Array(bias.length),
    cells: step.kind.endsWith("pooling") ? windowCells(step) : [],
  };
}
