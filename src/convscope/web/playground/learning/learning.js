/**
 * Training in a web worker. A snapshot is kept at each measurement, so that the slider can go back to it.
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
   * @param {Weights} weights  give the sizes of the arrays
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
    this.count = data.count; // number of training drawings
    this.isRunning = false;
    this.starts = 0;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Promise<[Pictures, Pictures]> | undefined}  loaded when first needed */
    this.pictures = undefined;
  }

  get hasBegun() {
    return this.worker !== null;
  }

  /** Start again from random weights. */
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

  /** Change settings, effective from the next batch. @param {Partial<Learning["settings"]>} changed */
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
