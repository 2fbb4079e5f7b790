/**
 * A web worker that trains in slices, so that it can receive messages in between. It expects one `Begin`,
 * then any number of `Order`s, and posts a `Moment` after each slice.
 *
 * @typedef {import("convscope/playground/engine/trainer.js").Pictures} Pictures
 * @typedef {import("convscope/playground/engine/trainer.js").Figures} Figures
 * @typedef {import("convscope/playground/engine/network.js").Weights} Weights
 *
 * @typedef {object} Begin
 * @property {import("convscope/playground/engine/network.js").StepDescription[]} steps
 * @property {Weights} weights  give the sizes of the arrays
 * @property {Pictures} training
 * @property {Pictures} validation
 * @property {import("convscope/playground/engine/trainer.js").Scale} scale
 * @property {number} seed
 *
 * @typedef {"play" | "step" | "epoch" | "pause"} Order
 * @typedef {{order: Order, settings: import("convscope/playground/engine/trainer.js").Settings}} Request
 *
 * @typedef {object} Moment
 * @property {number} step
 * @property {number} epoch
 * @property {Weights} weights
 * @property {{training: Figures, validation: Figures} | null} figures  null between measurements
 * @property {boolean} isRunning  whether training continues without another order
 */

import { Network } from "convscope/playground/engine/network.js";
import { evaluate, Trainer } from "convscope/playground/engine/trainer.js";

const SLICE = 40; // milliseconds of work between two messages
const MEASURED = 200; // training pictures used to measure the loss
const OFTEN = 250; // pictures between two measurements, at least half an epoch

/** @type {Begin} */
let given;
/** @type {Trainer} */
let trainer;
/** @type {Request} */
let request;
let isRunning = false;
let end = Infinity; // epoch to stop at

addEventListener("message", ({ data }) => {
  if ("steps" in data) begin(data);
  else take(data);
});

/** @param {Begin} data */
function begin(data) {
  given = data;
  trainer = new Trainer(new Network(data.steps, data.weights), data.training, data.scale, data.seed);
  isRunning = false;
  post(measure());
}

/** @param {Request} asked */
function take(asked) {
  request = asked;
  const wasRunning = isRunning;
  isRunning = asked.order === "play" || asked.order === "epoch";
  end = asked.order === "epoch" ? Math.floor(trainer.epoch + 1) : Infinity;
  if (asked.order === "step") {
    trainer.learn(asked.settings);
    post(measure());
  } else if (asked.order === "pause") {
    if (wasRunning) post(measure());
  } else if (!wasRunning) slice();
}

function slice() {
  if (!isRunning) return;
  const start = performance.now();
  const interval = Math.max(OFTEN, trainer.order.length / 2);
  let [isDue, loss] = [false, 0];
  do {
    const before = Math.floor(trainer.seen / interval);
    loss = trainer.learn(request.settings);
    isDue = Math.floor(trainer.seen / interval) > before;
  } while (!isDue && Number.isFinite(loss) && performance.now() - start < SLICE);
  // weights that have become NaN never recover
  if (trainer.epoch >= end || !Number.isFinite(loss)) isRunning = false;
  post(isDue || !isRunning ? measure() : null);
  setTimeout(slice);
}

function measure() {
  const { training, validation, scale } = given;
  const some = { pixels: training.pixels, labels: Array.from(training.labels).slice(0, MEASURED) };
  return {
    training: evaluate(trainer.network, some, scale),
    validation: evaluate(trainer.network, validation, scale),
  };
}

/** @param {Moment["figures"]} figures */
function post(figures) {
  const { step, epoch, network } = trainer;
  postMessage({ step, epoch, weights: network.weights, figures, isRunning });
}
