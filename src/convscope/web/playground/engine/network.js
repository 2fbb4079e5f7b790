/**
 * A small chain of steps that computes and learns in the browser: every step's output is kept, so that it can be
 * drawn, and the gradients of all weights are the sums over the pictures since they were last set to 0.
 *
 * @typedef {[down: number, across: number]} Pair
 * @typedef {object} StepDescription
 * @property {string} name  `image`, `convolution_1`, `convolution_1.relu`, ..., `softmax`
 * @property {string} kind
 * @property {string} title  what people call it
 * @property {number[]} inputShape
 * @property {number[]} shape  (maps, height, width), or (values)
 * @property {Pair} window  of a convolution or pooling; else [1, 1]
 * @property {Pair} stride
 * @property {Pair} padding
 *
 * @typedef {object} Learned  the arrays of a step; empty where it learns nothing
 * @property {Float32Array} weight
 * @property {Float32Array} bias
 * @property {Float32Array} weightGradient
 * @property {Float32Array} biasGradient
 * @property {Int32Array[]} cells  of each window of a pooling
 *
 * @typedef {StepDescription & Learned} Step
 * @typedef {Record<string, Float32Array>} Weights  by name, such as `convolution_1.weight`
 */

import { windowCells } from "convscope/playground/engine/pooling.js";
import { KINDS } from "convscope/playground/engine/steps.js";

const NOTHING = new Float32Array(0);

export class Network {
  /**
   * @param {StepDescription[]} steps  from the image to softmax, each reading the one before it
   * @param {Weights} weights  are copied
   */
  constructor(steps, weights) {
    /** @type {Step[]} */
    this.steps = steps.map((step) => ({ ...step, ...arraysOf(step, weights) }));
    /** What each step gave out last, the image first. */
    this.outputs = steps.map(({ shape }) => new Float32Array(sizeOf(shape)));
    this.gradients = steps.map(({ shape }) => new Float32Array(sizeOf(shape)));
    this.firstLearned = steps.findIndex(({ name }) => `${name}.weight` in weights);
  }

  /** What softmax gave out last: a probability for each class. */
  get probabilities() {
    return this.outputs[this.outputs.length - 1];
  }

  /** The weights as they are now, copied. @returns {Weights} */
  get weights() {
    const learned = this.steps.filter(({ weight }) => weight.length);
    return Object.fromEntries(
      learned.flatMap(({ name, weight, bias }) => [
        [`${name}.weight`, weight.slice()],
        [`${name}.bias`, bias.slice()],
      ]),
    );
  }

  /** @param {Weights} weights  to go on with */
  load(weights) {
    for (const { name, weight, bias } of this.steps) {
      if (!weight.length) continue;
      weight.set(weights[`${name}.weight`]);
      bias.set(weights[`${name}.bias`]);
    }
  }

  /**
   * Computes every step.
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
   * Cross-entropy of the last picture: -ln of its true class's probability.
   *
   * @param {number} label
   */
  loss(label) {
    return -Math.log(Math.max(this.probabilities[label], 1e-30));
  }

  /**
   * Adds the last picture's gradients. At the logits the loss and softmax together give p - y, where y is 1 at the
   * true class and else 0.
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
