/**
 * Sources of gradients: the walk document, or a server that computes them on demand. Results are cached.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/document.js").AllWeightsStep} AllWeightsStep
 * @typedef {import("convscope/walk/document.js").BackwardPass} BackwardPass
 * @typedef {import("convscope/walk/document.js").Descent} Descent
 * @typedef {import("convscope/walk/document.js").LossMap} LossMap
 * @typedef {import("convscope/walk/document.js").StepGradients} StepGradients
 * @typedef {import("convscope/walk/document.js").WeightCurve} WeightCurve
 *
 * @typedef {Omit<StepGradients, "at_inputs"> & {at_inputs: Tensor[]}} Gradients  of one step, with all
 *   `at_inputs` present
 *
 * @typedef {object} Source  a weight is named by its tensor and its index in it:
 *   `convolution_1.weight:0.0.1.2`
 * @property {number[]} truths  the classes that can be taken as the true one; the first is the default
 * @property {string} leftOut  what is missing, and why
 * @property {(truth: number, step: string) => Promise<Gradients>} gradients
 * @property {(truth: number) => Promise<AllWeightsStep>} allWeights
 * @property {(truth: number, step: string) => string[]} studied  the weights of a step that have a loss curve
 * @property {boolean} hasAll  whether every weight has a loss curve
 * @property {(truth: number, weight: string) => Promise<WeightCurve | null>} curve
 * @property {(truth: number, step: string, weights: string[], rates: number[]) => Promise<LossMap | null>} map
 * @property {((truth: number, weights: string[], rate: number) => Promise<Descent>) | null} descent
 */

/**
 * Return a source that reads from the walk document, or null if the document has no backward pass.
 *
 * @param {Chain} chain
 * @returns {Source | null}
 */
export function documentSource({ backward, steps }) {
  if (!backward) return null;
  /** @param {number} truth */
  const pass = (truth) => /** @type {BackwardPass} */ (backward.passes.find((one) => one.truth === truth));
  /** @param {number} truth @param {string} name */
  const own = (truth, name) =>
    /** @type {StepGradients} */ (pass(truth).steps.find(({ step }) => step === name));
  const inputs = new Map(steps.map((step) => [step.name, step.inputs]));
  return {
    truths: backward.passes.map(({ truth }) => truth),
    leftOut: backward.left_out,
    async gradients(truth, name) {
      const found = own(truth, name);
      const sources = inputs.get(name) ?? [];
      const passed = found.at_inputs.map((at, place) => at ?? own(truth, sources[place]).at_output);
      return { ...found, at_inputs: passed };
    },
    allWeights: async (truth) => pass(truth).all_weights,
    studied: (truth, step) =>
      pass(truth)
        .curves.map(({ weight }) => weightName(weight))
        .filter((name) => stepOf(name) === step),
    hasAll: false,
    curve: async (truth, weight) =>
      pass(truth).curves.find((one) => weightName(one.weight) === weight) ?? null,
    map: async (truth, step) =>
      pass(truth).maps.find(({ first }) => stepOf(weightName(first)) === step) ?? null,
    descent: null,
  };
}

/** A cache in front of a source. */
export class Kept {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    /** @type {Map<string, Gradients>} */
    this.read = new Map();
    /** @type {Map<string, Promise<any>>} */
    this.asked = new Map();
    /**
     * Progress of each descent, kept here so that it survives a redraw.
     *
     * @type {Map<string, import("convscope/walk/backward/descender.js").Progress>}
     */
    this.progress = new Map();
  }

  /**
   * Return the gradients of a step, or undefined if they have not been loaded.
   *
   * @param {number} truth
   * @param {string} step
   */
  now(truth, step) {
    return this.read.get(`${truth} ${step}`);
  }

  /**
   * @param {number} truth
   * @param {string} step
   */
  async make(truth, step) {
    this.read.set(`${truth} ${step}`, await this.source.gradients(truth, step));
  }

  /**
   * Request anything else from the source, once per key. A failed request is not cached.
   *
   * @template Answer
   * @param {string} key
   * @param {() => Promise<Answer>} ask
   * @returns {Promise<Answer>}
   */
  once(key, ask) {
    const known = this.asked.get(key);
    if (known) return known;
    const answer = ask();
    this.asked.set(key, answer);
    answer.catch(() => this.asked.delete(key));
    return answer;
  }
}

/**
 * @param {{tensor: string, place: number[]}} weight
 */
export function weightName({ tensor, place }) {
  return `${tensor}:${place.join(".")}`;
}

/**
 * Return the index of a weight in its tensor.
 *
 * @param {string} name
 */
export function placeOf(name) {
  return name
    .slice(name.lastIndexOf(":") + 1)
    .split(".")
    .map(Number);
}

/**
 * Return the name of the step that a weight belongs to.
 *
 * @param {string} name
 */
function stepOf(name) {
  return name.slice(0, name.lastIndexOf(":")).replace(/\.(weight|bias)$/, "");
}
