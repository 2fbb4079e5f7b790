/**
 * A walk as the views need it: every step with its unpacked numbers, what went in, and how it is called.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/kit/receptive.js").ReceptiveField} ReceptiveField
 * @typedef {import("convscope/kit/address.js").Place} Place
 *
 * @typedef {object} Common  what every step has
 * @property {string} name  unique: `convolution_1`
 * @property {string} title  for people: `convolution 1`
 * @property {string} short  for narrow places: `conv 1`
 * @property {string} notation
 * @property {number[]} shape
 * @property {number} difference
 * @property {number} parameters
 * @property {number} multiply_adds
 * @property {ReceptiveField} receptive_field
 * @property {Tensor} output
 * @property {string} unit  what one of its numbers is called
 * @property {string[] | null} map_names
 * @property {Step | null} before  the step that it reads
 * @property {number} limit  the colour scale's end; that of a ReLU is that of the step before it
 *
 * @typedef {{kind: "image", original: string, original_shape: number[], changes: {step: string, text: string}[],
 *   pixels: Tensor, mean: number[], std: number[]}} ImageFields
 * @typedef {{window: [number, number], stride: [number, number], output_size: {height: string, width: string}}} Sliding
 * @typedef {Sliding & {kind: "convolution", filters: Tensor, filter_names: string[] | null, bias: Tensor,
 *   padding: [number, number]}} ConvolutionFields
 * @typedef {{kind: "relu", silenced: Tensor, silenced_fraction: number}} ReluFields
 * @typedef {Sliding & {kind: "max_pooling" | "average_pooling", overhang: boolean, winners?: Tensor,
 *   kept_fraction: number, lost_fraction?: number | null}} PoolingFields
 * @typedef {{kind: "flattening", input_shape: number[], formula: string}} FlatteningFields
 * @typedef {{inputs: Tensor, weights: Tensor, products: Tensor, rest_count: number, rest_sums: Tensor}} Contributions
 * @typedef {{kind: "full_connection", weights: Tensor | null, bias: Tensor, contributions: Contributions,
 *   relevance: {mean: Tensor, pictures: number[]} | null}} FullConnectionFields
 * @typedef {{kind: "softmax", logits: Tensor, largest: number, exponentials: Tensor, sum: number,
 *   calibrated: Tensor}} SoftmaxFields
 * @typedef {{truth: number, cross_entropy: number, mean_squared_error: number, classification_error: number,
 *   gradients: {cross_entropy: number[], mean_squared_error: number[], classification_error: number[]}}} Truth
 * @typedef {{kind: "loss", truths: Truth[]}} LossFields  of many classes only the foremost
 *
 * @typedef {Common & ImageFields} ImageStep
 * @typedef {Common & ConvolutionFields} ConvolutionStep
 * @typedef {Common & ReluFields} ReluStep
 * @typedef {Common & PoolingFields} PoolingStep
 * @typedef {Common & FlatteningFields} FlatteningStep
 * @typedef {Common & FullConnectionFields} FullConnectionStep
 * @typedef {Common & SoftmaxFields} SoftmaxStep
 * @typedef {Common & LossFields} LossStep
 * @typedef {ImageStep | ConvolutionStep | ReluStep | PoolingStep | FlatteningStep | FullConnectionStep | SoftmaxStep
 *   | LossStep} Step
 *
 * @typedef {{layer: string, map: Tensor, text: string, classes?: {class_index: number, map: Tensor}[]}} GradCam
 * @typedef {{window: [number, number], stride: [number, number], map: Tensor, text: string}} Occlusion
 * @typedef {{name: string, label: string, distance: number, thumbnail: string}} Neighbour
 * @typedef {{probabilities: number[], predicted: number,
 *   linear: {weights_shape: number[], largest_difference: number, text: string}}} NoRelu
 * @typedef {{change: string, amounts: number[], unit: string, thumbnails: string[], logits: Tensor,
 *   probabilities: Tensor, before: number[], after: Record<string, number[]>,
 *   by_pooling: Record<string, {logits: Tensor, distances: number[]}> | null}} Change
 *
 * @typedef {object} Chain
 * @property {string} model
 * @property {string} picture_name
 * @property {string} network
 * @property {string[]} classes
 * @property {number | null} truth
 * @property {number | null} predicted  null where filters slide over a picture and nothing is predicted
 * @property {number} temperature
 * @property {number[]} probabilities
 * @property {number} largest_difference
 * @property {Step[]} steps
 * @property {{grad_cam: GradCam | null, occlusion: Occlusion | null} | null} why
 * @property {Neighbour[]} neighbours
 * @property {{step: string, cell: Place | null, text: string}[]} notes  what is worth knowing about this one
 * @property {NoRelu | null} no_relu
 * @property {Change[]} invariance
 */

import { mapOf, range, tensor, unpackAll } from "convscope/kit/arrays.js";
import { limitOf } from "convscope/kit/colours.js";
import { cellOfIndex } from "convscope/kit/receptive.js";

const ARRAYS = ["pixels", "filters", "bias", "silenced", "winners", "logits", "exponentials", "calibrated"];

/**
 * @param {any} walk  as in docs/reference/walk.md
 * @param {Record<string, import("convscope/walk/view.js").Kind>} kinds
 * @returns {Promise<Chain>}
 */
export async function read(walk, kinds) {
  const chain = await unpackAll(walk);
  /** @type {Step[]} */
  const steps = [];
  for (const raw of chain.steps) steps.push(complete(raw, steps.at(-1) ?? null, kinds[raw.kind]));
  chain.steps = steps;
  return {
    ...chain,
    probabilities: numbers(chain.probabilities),
    no_relu: chain.no_relu && { ...chain.no_relu, probabilities: numbers(chain.no_relu.probabilities) },
    invariance: chain.invariance.map(readChange),
  };
}

/**
 * The step of a name, or undefined.
 *
 * @param {Chain} chain
 * @param {string} name
 */
export function stepNamed(chain, name) {
  return chain.steps.find((step) => step.name === name);
}

/**
 * The step of a kind that there is only one of.
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
 * @param {Step} step
 * @returns {Step}
 */
export function stepBefore(step) {
  if (step.before === null) throw new RangeError(`nothing comes before ${step.name}`);
  return step.before;
}

/**
 * The cell of a map that a number is, or was before it was flattened; null where there is none.
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
 * One number of a step's output.
 *
 * @param {Step} step
 * @param {Place} place
 */
export function valueAt({ output: { shape, data } }, place) {
  return data[place.reduce((index, part, axis) => index * shape[axis] + part, 0)];
}

/**
 * Whether a step's output has a number at a place.
 *
 * @param {Step} step
 * @param {Place} place
 */
export function isInside({ output: { shape } }, place) {
  return (
    place.length === shape.length &&
    place.every((part, axis) => Number.isInteger(part) && part >= 0 && part < shape[axis])
  );
}

/** @type {WeakMap<Step, number[]>} */
const ACTIVITIES = new WeakMap();

/**
 * How much a map lights up: the mean of its positive parts.
 *
 * @param {Step} step
 * @returns {number[]}  one a map
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
 * The most telling number of a step: the largest one; in a column of classes, the predicted class.
 *
 * @param {Chain} chain
 * @param {Step} step
 * @returns {Place}
 */
export function brightest(chain, step) {
  const { shape, data } = step.output;
  if (step.kind === "loss") return [chain.truth ?? chain.predicted ?? 0];
  if (isOfClasses(chain, step)) return [chain.predicted ?? 0];
  let index = 0;
  for (let place = 1; place < data.length; place++) if (data[place] > data[index]) index = place;
  if (!hasMaps(step)) return [index];
  const [, height, width] = shape;
  return [Math.floor(index / (height * width)), Math.floor(index / width) % height, index % width];
}

/**
 * What a map is called: by its name, or else its number.
 *
 * @param {Step} step
 * @param {number} map
 * @returns {string}
 */
export function mapName(step, map) {
  return step.map_names?.[map] ?? `map ${map}`;
}

/**
 * The classes that there is room to show: all, or the most probable ones that a walk tells in full.
 *
 * @param {Chain} chain
 * @returns {number[]}  in the order of the classes
 */
export function foremost(chain) {
  const loss = stepOfKind(chain, "loss");
  return loss ? loss.truths.map(({ truth }) => truth) : [];
}

/**
 * A number's place in words.
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
 * @param {any} raw
 * @param {Step | null} before
 * @param {import("convscope/walk/view.js").Kind} kind
 * @returns {Step}
 */
function complete(raw, before, kind) {
  const arrays = ARRAYS.filter((name) => raw[name] !== undefined).map((name) => [name, tensor(raw[name])]);
  const step = { ...raw, ...Object.fromEntries(arrays) };
  const input = /** @type {Step} */ (before); // only kinds that read a step ask for it
  step.output = kind.output?.(step, input) ?? tensor(raw.output);
  const number = /_(\d+)$/.exec(raw.name)?.[1];
  return {
    ...step,
    title: kind.title?.(raw) ?? raw.name.replaceAll("_", " "),
    short: number ? `${kind.short} ${number}` : kind.short,
    unit: kind.unit ?? "neuron",
    map_names: kind.mapNames?.(step, input) ?? null,
    shape: step.output.shape,
    before,
    limit: kind.limit?.(input) ?? limitOf(step.output.data),
  };
}

/**
 * Whether a step's numbers are one a class.
 *
 * @param {Chain} chain
 * @param {Step} step
 */
export function isOfClasses(chain, step) {
  return (
    step.kind === "softmax" ||
    step.kind === "loss" ||
    chain.steps.some(({ kind, before }) => kind === "softmax" && before === step)
  );
}

/** @param {any} change */
function readChange(change) {
  const after = Object.entries(change.after).map(([name, distances]) => [name, numbers(distances)]);
  return {
    ...change,
    amounts: numbers(change.amounts),
    before: numbers(change.before),
    after: Object.fromEntries(after),
    logits: tensor(change.logits),
    probabilities: tensor(change.probabilities),
  };
}

/**
 * @param {any} value
 * @returns {number[]}
 */
function numbers(value) {
  return Array.from(tensor(value).data);
}
