/**
 * A walk as the views use it: every step with its numbers, its input steps, and its names.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/kit/address.js").Place} Place
 * @typedef {import("convscope/walk/document.js").Walk} Walk
 *
 * @typedef {object} Reading  fields that the page adds to every step of the document
 * @property {Tensor} output  like all arrays, undefined until loaded, see reading.js
 * @property {string} title  display name: `convolution 1`
 * @property {string} short  for narrow places: `conv 1`
 * @property {string} unit  what one of its numbers is called
 * @property {string[] | null} map_names
 * @property {Step[]} sources  its input steps
 * @property {number} limit  limit of its colour scale
 *
 * @typedef {Read<import("convscope/walk/document.js").ImageStep>} ImageStep
 * @typedef {Read<import("convscope/walk/document.js").ConvolutionStep>} ConvolutionStep
 * @typedef {Read<import("convscope/walk/document.js").DepthwiseConvolutionStep>} DepthwiseConvolutionStep
 * @typedef {Read<import("convscope/walk/document.js").ReluStep>} ReluStep
 * @typedef {Read<import("convscope/walk/document.js").Relu6Step>} Relu6Step
 * @typedef {Read<import("convscope/walk/document.js").AdditionStep>} AdditionStep
 * @typedef {Read<import("convscope/walk/document.js").JoiningStep>} JoiningStep
 * @typedef {Read<import("convscope/walk/document.js").PoolingStep>} PoolingStep
 * @typedef {Read<import("convscope/walk/document.js").FlatteningStep>} FlatteningStep
 * @typedef {Read<import("convscope/walk/document.js").FullConnectionStep>} FullConnectionStep
 * @typedef {Read<import("convscope/walk/document.js").TemperatureStep>} TemperatureStep
 * @typedef {Read<import("convscope/walk/document.js").SoftmaxStep>} SoftmaxStep
 * @typedef {Read<import("convscope/walk/document.js").SigmoidStep>} SigmoidStep
 * @typedef {Read<import("convscope/walk/document.js").LossStep>} LossStep
 * @typedef {Read<import("convscope/walk/document.js").LabelLossStep>} LabelLossStep
 * @typedef {ImageStep | ConvolutionStep | DepthwiseConvolutionStep | ReluStep | Relu6Step | AdditionStep | JoiningStep
 *   | PoolingStep | FlatteningStep | FullConnectionStep | TemperatureStep | SoftmaxStep | SigmoidStep | LossStep | LabelLossStep} Step
 * @typedef {Omit<Walk, "steps"> & {steps: Step[]}} Chain
 */

/**
 * @template Raw
 * @typedef {Omit<Raw, "output"> & Reading} Read
 */

import { mapOf, range } from "convscope/kit/arrays.js";
import { cellOfIndex } from "convscope/kit/receptive.js";

/** Kinds of steps after the logits: those that compute probabilities, and losses. */
const PROBABILITIES = ["softmax", "sigmoid"];
const LOSSES = ["loss", "binary_cross_entropy"];
const AFTER_LOGITS = ["temperature", ...PROBABILITIES, ...LOSSES];

/**
 * Return the step with a name, or undefined.
 *
 * @param {Chain} chain
 * @param {string} name
 */
export function stepNamed(chain, name) {
  return chain.steps.find((step) => step.name === name);
}

/**
 * Return the step of a kind of which there is at most one.
 *
 * @template {Step["kind"]} Kind
 * @param {Chain} chain
 * @param {Kind} kind
 * @returns {Extract<Step, {kind: Kind}> | undefined}
 */
export function stepOfKind(chain, kind) {
  return /** @type {any} */ (chain.steps.find((step) => step.kind === kind));
}

/**
 * Return the input of a step; the first, if there are several.
 *
 * @param {Step} step
 * @returns {Step}
 */
export function stepBefore(step) {
  if (step.sources.length === 0) throw new RangeError(`nothing comes before ${step.name}`);
  return step.sources[0];
}

/**
 * Return the name of the input of softmax or sigmoid: logits, divided by the temperature if there is one.
 *
 * @param {Step} step
 */
export function logitName(step) {
  return stepBefore(step).kind === "temperature" ? "logit / T" : "logit";
}

/**
 * Return the cell of a feature map that a number belongs to, or belonged to before flattening; null if there
 * is none.
 *
 * @param {Step} step
 * @param {Place} place
 */
export function cellOf(step, place) {
  if (step.kind === "flattening") return cellOfIndex(place[0], step.input_shape);
  return hasMaps(step) ? place : null;
}

/** @param {Step} step */
export function hasMaps(step) {
  return step.shape.length === 3;
}

/**
 * Return one number of a step's output.
 *
 * @param {Step} step
 * @param {Place} place
 */
export function valueAt({ output: { shape, data } }, place) {
  return data[place.reduce((index, part, axis) => index * shape[axis] + part, 0)];
}

/**
 * Whether an index lies within a step's output.
 *
 * @param {Step} step
 * @param {Place} place
 */
export function isInside({ shape }, place) {
  return (
    place.length === shape.length &&
    place.every((part, axis) => Number.isInteger(part) && part >= 0 && part < shape[axis])
  );
}

/** @type {WeakMap<Step, number[]>} */
const ACTIVITIES = new WeakMap();

/**
 * Return the activity of each map: the mean of its values after ReLU.
 *
 * @param {Step} step
 * @returns {number[]}  one per map
 */
export function activities(step) {
  const known = ACTIVITIES.get(step);
  if (known) return known;
  const maps = hasMaps(step)
    ? range(step.shape[0]).map((map) => mapOf(step.output, map))
    : [step.output.data];
  const found = maps.map(activity);
  ACTIVITIES.set(step, found);
  return found;
}

/**
 * Return the index of the number to show first: the largest one in the maps whose filters the walk contains;
 * of the classes, the predicted one.
 *
 * @param {Chain} chain
 * @param {Step} step
 * @returns {Place}
 */
export function brightest(chain, step) {
  const { shape, data } = step.output;
  if (step.kind === "loss") return [chain.truth ?? chain.predicted ?? 0];
  if (isOfClasses(chain, step)) return [chain.predicted ?? 0];
  const [, height = 1, width = 1] = shape;
  if ("exact" in step && step.exact) return step.exact.place;
  const held = "held" in step && step.held ? step.held : range(shape[0]);
  let index = held[0] * height * width;
  for (const map of held) {
    for (let place = map * height * width; place < (map + 1) * height * width; place++)
      if (data[place] > data[index]) index = place;
  }
  if (!hasMaps(step)) return [index];
  return [Math.floor(index / (height * width)), Math.floor(index / width) % height, index % width];
}

/**
 * Return the name of a map, or its number if it has none.
 *
 * @param {Step} step
 * @param {number} map
 * @returns {string}
 */
export function mapName(step, map) {
  return step.map_names?.[map] ?? `map ${map}`;
}

/**
 * Return the classes to list: those for which the walk contains the losses, which is all of them or the most
 * probable ones.
 *
 * @param {Chain} chain
 * @returns {number[]}  in the order of the classes
 */
export function shownClasses(chain) {
  const last = chain.steps[chain.steps.length - 1];
  if (last.kind === "loss") return last.truths.map(({ truth }) => truth);
  return last.kind === "binary_cross_entropy" ? last.labels.map(({ label }) => label) : [];
}

/**
 * Return the step that turns logits into probabilities, or undefined if the network has none.
 *
 * @param {Chain} chain
 * @returns {SoftmaxStep | SigmoidStep | undefined}
 */
export function probabilityStep(chain) {
  return /** @type {any} */ (chain.steps.find(({ kind }) => PROBABILITIES.includes(kind)));
}

/**
 * Return the probability of each class or label.
 *
 * @param {Chain} chain
 * @returns {number[]}
 */
export function probabilitiesOf(chain) {
  return Array.from(probabilityStep(chain)?.output.data ?? []);
}

/**
 * Whether a step comes after the logits, so that it has one number per class.
 *
 * @param {Step} step
 */
export function isAfterLogits({ kind }) {
  return AFTER_LOGITS.includes(kind);
}

/**
 * Describe the position of a number.
 *
 * @param {Chain} chain
 * @param {Step} step
 * @param {Place} place
 */
export function placeText(chain, step, place) {
  if (hasMaps(step)) return `${mapName(step, place[0])} (${place[1]}, ${place[2]})`;
  if (isOfClasses(chain, step)) return chain.classes[place[0]];
  return `${step.unit} ${place[0]}`;
}

/** @param {ArrayLike<number>} values */
function activity(values) {
  let total = 0;
  for (let place = 0; place < values.length; place++) total += Math.max(0, values[place]);
  return total / values.length;
}

/**
 * Whether a step has one number per class.
 *
 * @param {Chain} chain
 * @param {Step} step
 */
export function isOfClasses(chain, step) {
  return (
    isAfterLogits(step) || chain.steps.some((after) => isAfterLogits(after) && after.sources[0] === step)
  );
}
