/**
 * The network learns from nothing, beside the page. What it was at each measurement is kept, so that one can go back
 * and forth.
 *
 * @typedef {import("convscope/playground/engine/network.js").Weights} Weights
 * @typedef {import("convscope/playground/training_worker.js").Moment} Moment
 * @typedef {import("convscope/playground/training_worker.js").Order} Order
 * @typedef {import("convscope/playground/training_worker.js").Pictures} Pictures
 * @typedef {Moment & {figures: NonNullable<Moment["figures"]>}} Kept
 */

import { unpack } from "convscope/kit/arrays.js";

export class Learning {
  /**
   * @param {import("convscope/playground/page.js").Data} data
   * @param {() => Promise<import("convscope/playground/page.js").PackedSets>} drawings
   * @param {Weights} weights  of the sizes that are learned
   * @param {(moment: Moment) => void} onMoment
   */
  constructor(data, drawings, weights, onMoment) {
    this.data = data;
    this.drawings = drawings;
    this.weights = weights;
    this.onMoment = onMoment;
    /** @type {Kept[]} */
    this.kept = [];
    this.settings = { learningRate: 0.01, batchSize: 16 };
    this.count = data.count; // drawings to learn from
    this.isRunning = false;
    this.starts = 0;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Promise<[Pictures, Pictures]> | undefined} unpacked when first needed */
    this.pictures = undefined;
  }

  get hasBegun() {
    return this.worker !== null;
  }

  /** Random weights: all that was learned is gone. */
  async restart() {
    this.pictures ??= this.unpack().catch((error) => {
      this.pictures = undefined;
      throw error;
    });
    const [training, validation] = await this.pictures;
    this.worker?.terminate();
    this.kept = [];
    this.isRunning = false;
    const address = URL.createObjectURL(new Blob([this.data.worker], { type: "text/javascript" }));
    const worker = new Worker(address);
    URL.revokeObjectURL(address);
    this.worker = worker;
    worker.addEventListener("message", ({ data }) => this.receive(data));
    worker.postMessage({
      steps: this.data.steps,
      weights: this.weights,
      training: first(training, this.count),
      validation,
      scale: this.data.scale,
      seed: ++this.starts,
    });
  }

  /** @returns {Promise<[Pictures, Pictures]>} */
  async unpack() {
    const { training, validation } = await this.drawings();
    return Promise.all([unpacked(training), unpacked(validation)]);
  }

  /** @param {Order} order */
  async order(order) {
    if (!this.hasBegun) await this.restart();
    this.isRunning = order === "play" || order === "epoch";
    this.worker?.postMessage({ order, settings: { ...this.settings } });
  }

  /** @param {Partial<Learning["settings"]>} changed  from the next batch on */
  set(changed) {
    Object.assign(this.settings, changed);
    if (this.isRunning) this.order("play");
  }

  /** @param {Moment} moment */
  receive(moment) {
    this.isRunning = moment.isRunning;
    if (moment.figures) this.kept.push({ ...moment, figures: moment.figures });
    this.onMoment(moment);
  }
}

/**
 * @param {import("convscope/playground/page.js").PackedDrawings} drawings
 * @returns {Promise<Pictures>}
 */
async function unpacked({ pixels, labels }) {
  return { pixels: /** @type {Uint8Array} */ ((await unpack(pixels)).data), labels };
}

/**
 * @param {Pictures} pictures
 * @param {number} count
 * @returns {Pictures}
 */
function first({ pixels, labels }, count) {
  const size = pixels.length / labels.length;
  return { pixels: pixels.slice(0, count * size), labels: Array.from(labels).slice(0, count) };
}
