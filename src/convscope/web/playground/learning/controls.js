/** The controls of the training and its learning curves: play, step, slider, settings. */

import { element } from "convscope/kit/dom.js";
import { problemBox } from "convscope/kit/problem.js";
import { count, percent, three } from "convscope/kit/numbers.js";
import { learningCurves } from "convscope/playground/learning/curves.js";

/** @typedef {import("convscope/playground/learning/learning.js").Learning} Learning */
/** @typedef {import("convscope/playground/learning/learning.js").Kept} Kept */

const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
const TOO_FAR =
  "The steps were so large that the weights are no longer numbers. Choose a lower learning rate, and start again.";
const BATCHES = [1, 4, 16, 64, 256];

export class Controls {
  /**
   * @param {Learning} learning
   * @param {number} classes
   * @param {{show: (moment: Kept) => void, restore: () => void}} use  `show` displays a snapshot; `restore`
   *   returns to the pretrained network
   */
  constructor(learning, classes, { show, restore }) {
    this.learning = learning;
    this.classes = classes;
    this.show = show;
    this.isFollowing = true;
    this.isWaiting = false;
    this.play = button("", () => this.toggle(), "primary");
    this.again = button("Start again", () => this.restart());
    this.back = button("Back to the trained network", () => this.restore(restore));
    const all = learning.count;
    this.bar = element(
      "div",
      { class: "controls", role: "group", "aria-label": "training" },
      this.play,
      button("Step", () => this.order("step")),
      button("Epoch", () => this.order("epoch")),
      this.again,
      choice("Learning rate", RATES, learning.settings.learningRate, String, (learningRate) =>
        learning.set({ learningRate }),
      ),
      choice("Batch size", BATCHES, learning.settings.batchSize, String, (batchSize) =>
        learning.set({ batchSize }),
      ),
      choice(
        "Drawings",
        [40, 200, all].filter((one) => one <= all),
        all,
        count,
        (one) => {
          learning.count = one;
          if (learning.hasBegun) this.restart();
        },
      ),
    );
    this.slider = element("input", {
      type: "range",
      min: 0,
      max: 0,
      value: 0,
      "aria-label": "epoch that is shown",
      input: () => this.scrub(),
    });
    this.when = element("p", { class: "when" });
    this.curves = element("div", { class: "curves" });
    this.problem = element("div", { role: "status" });
    this.intro = element(
      "p",
      {},
      `Train from scratch: the network starts again with random weights and learns to tell ${classes} shapes apart from ${count(all)} drawings, here in your browser. Watch the filters, the lines and the answer.`,
    );
    this.panel = element(
      "section",
      { class: "learning", "aria-labelledby": "learning-title" },
      element("h2", { id: "learning-title" }, "See it learn"),
      this.intro,
      this.problem,
      element("div", { class: "time" }, this.slider, this.when),
      this.curves,
      this.back,
    );
    this.draw();
  }

  toggle() {
    this.order(this.learning.isRunning ? "pause" : "play");
  }

  /** @param {import("convscope/playground/learning/learning.js").Order} order */
  order(order) {
    return this.wait(() => this.learning.order(order));
  }

  restart() {
    return this.wait(() => this.learning.restart());
  }

  /**
   * Run an action, one at a time, and show its error if it fails; the training drawings may still be loading.
   *
   * @param {() => Promise<void>} begin
   */
  async wait(begin) {
    if (this.isWaiting) return;
    this.isWaiting = true;
    this.isFollowing = true;
    this.play.textContent = "One moment …";
    try {
      await begin();
      this.problem.replaceChildren();
    } catch (error) {
      this.problem.replaceChildren(problemBox(error));
    } finally {
      this.isWaiting = false;
      this.draw();
    }
  }

  /** @param {() => void} restore */
  async restore(restore) {
    if (this.learning.isRunning) await this.learning.order("pause");
    this.isFollowing = false;
    restore();
    this.draw();
  }

  scrub() {
    if (this.learning.isRunning) this.learning.order("pause");
    this.isFollowing = false;
    this.show(this.learning.kept[Number(this.slider.value)]);
    this.draw();
  }

  /** Update controls and curves. */
  draw() {
    const { kept, hasBegun, isRunning } = this.learning;
    this.play.textContent = isRunning ? "❚❚ Pause" : hasBegun ? "▶ Continue" : "▶ Train from scratch";
    this.again.hidden = this.back.hidden = !hasBegun;
    this.intro.hidden = kept.length > 0;
    this.slider.hidden = this.when.hidden = this.curves.hidden = kept.length === 0;
    if (!kept.length) return;
    this.slider.max = String(kept.length - 1);
    if (this.isFollowing) this.slider.value = this.slider.max;
    const now = kept[Number(this.slider.value)];
    this.when.replaceChildren(
      element("strong", {}, `epoch ${three(Math.round(now.epoch * 100) / 100)}`),
      ` step ${count(now.step)} `,
      element("strong", { class: "validation" }, percent(now.figures.validation.accuracy)),
      " right",
    );
    const isLost = !Number.isFinite(now.figures.training.loss);
    this.problem.textContent = isLost ? TOO_FAR : "";
    this.curves.replaceChildren(...this.drawn(kept, now.epoch));
  }

  /**
   * @param {Kept[]} kept
   * @param {number} at
   */
  drawn(kept, at) {
    const epochs = kept.map(({ epoch }) => epoch);
    /** @returns {[import("convscope/playground/learning/curves.js").Curve, import("convscope/playground/learning/curves.js").Curve]} */
    const both = (/** @type {"loss" | "accuracy"} */ figure) => [
      { name: "training", values: kept.map(({ figures }) => figures.training[figure]) },
      { name: "validation", values: kept.map(({ figures }) => figures.validation[figure]) },
    ];
    const guess = Math.log(this.classes);
    return [
      learningCurves("loss", epochs, both("loss"), { top: Math.ceil(1.5 * guess), at, write: three }),
      learningCurves("accuracy", epochs, both("accuracy"), { top: 1, at, write: (y) => `${100 * y} %` }),
      element(
        "p",
        { class: "key" },
        element("span", { class: "training" }, "training"),
        element("span", { class: "validation" }, "validation: drawings not used for training"),
      ),
    ];
  }
}

/**
 * @param {string} text
 * @param {() => void} click
 * @param {string} [name]
 */
function button(text, click, name) {
  return element("button", { type: "button", class: name ?? null, click }, text);
}

/**
 * @param {string} label
 * @param {number[]} values
 * @param {number} chosen
 * @param {(value: number) => string} write
 * @param {(value: number) => void} onChoose
 */
function choice(label, values, chosen, write, onChoose) {
  const select = element(
    "select",
    { change: () => onChoose(Number(select.value)) },
    values.map((value) => element("option", { value, selected: value === chosen }, write(value))),
  );
  return element("label", {}, label, select);
}
