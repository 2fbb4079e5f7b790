/** The playground: creates the parts of the page and connects them. */

import { bytesOf } from "convscope/kit/base64.js";
import { element } from "convscope/kit/dom.js";
import { cellOfIndex } from "convscope/kit/receptive.js";
import { AnswerBars } from "convscope/playground/answer.js";
import { Drawing } from "convscope/playground/drawing.js";
import { Network } from "convscope/playground/engine/network.js";
import { read } from "convscope/playground/engine/trainer.js";
import { examples } from "convscope/playground/examples.js";
import { Controls } from "convscope/playground/learning/controls.js";
import { Learning } from "convscope/playground/learning/learning.js";
import { Pad } from "convscope/playground/pad.js";
import { Scene } from "convscope/playground/scene/scene.js";
import { Stage } from "convscope/playground/stage/stage.js";
import { Course } from "convscope/playground/stations/course.js";

const FIRST = 5; // initial example: neither too easy nor too hard

const HINT =
  "Point at any map to see where a number comes from and where it goes. Orange is positive, blue negative.";

/** @typedef {import("convscope/playground/page.js").Data} Data */

export class Playground {
  /**
   * @param {Data} data
   * @param {HTMLElement} root
   * @param {() => Promise<import("convscope/playground/page.js").PackedSets>} drawings  loads the training
   *   drawings, when first needed
   * @param {Node[]} [links]  shown as next steps
   */
  constructor(data, root, drawings, links = []) {
    const [, height, width] = data.steps[0].shape;
    this.data = data;
    this.trained = Object.fromEntries(
      Object.entries(data.weights).map(([name, text]) => [name, new Float32Array(bytesOf(text).buffer)]),
    );
    this.network = new Network(data.steps, this.trained);
    this.drawing = new Drawing(height, width);
    this.image = new Float32Array(height * width);
    const pictures = bytesOf(data.examples);
    const exampleOf = (/** @type {number} */ place) =>
      pictures.subarray(place * height * width, (place + 1) * height * width);
    this.drawing.load(exampleOf(Math.min(FIRST, data.classes.length - 1)));
    this.pad = new Pad(
      this.drawing,
      () => this.answer(),
      () => (this.note.textContent = "Enlarged: the network was trained on drawings that fill the square."),
    );
    this.note = element("p", { class: "quiet", role: "status" }, HINT);
    this.bars = new AnswerBars(data.classes);
    this.scene = new Scene(this.network, data.classes, this.pad.element, this.bars.element, {
      point: (cell) => {
        this.scene.light(cell);
        this.stage.point(cell);
      },
      explain: (kind) => this.course.visit(kind),
      pick: (cell) => this.stage.pick(cell),
    });
    this.stage = new Stage(this.network, data.classes, (cell) => this.scene.light(cell));
    this.scene.onArrange = (layout) => {
      this.bars.align(layout);
      this.tools.style.top = layout.isTurned
        ? `${layout.answer.height + 8}px`
        : `${this.pad.element.offsetTop + this.pad.element.offsetHeight + 8}px`;
      this.tools.style.width = layout.isTurned ? "100%" : `${this.pad.element.offsetWidth}px`;
    };
    this.tools = element(
      "div",
      { class: "pad-tools" },
      ...examples(data.classes, exampleOf, width, (pixels) => this.take(pixels)),
      this.clearButton(),
      this.note,
    );
    this.scene.element.append(this.tools);
    this.learning = new Learning(data, drawings, this.trained, (moment) => this.learned(moment));
    this.controls = new Controls(this.learning, data.classes.length, {
      show: ({ weights }) => this.become(weights),
      restore: () => this.become(this.trained),
    });
    this.course = new Course({
      network: this.network,
      classes: data.classes,
      pixels: () => this.drawing.pixels,
      scale: data.scale,
    });
    root.replaceChildren(
      element(
        "div",
        { class: "opening" },
        element("h1", {}, "Draw. A small network answers."),
        this.controls.bar,
      ),
      this.scene.element,
      element("div", { class: "beneath" }, this.stage.element, this.controls.panel),
      ...links,
      this.course.element,
    );
    this.answer();
    this.stage.cell = this.stage.kept = this.firstCell();
  }

  clearButton() {
    const click = () => {
      this.drawing.clear();
      this.note.textContent = HINT;
      this.pad.changed();
    };
    return element("button", { type: "button", class: "clear", click }, "Clear");
  }

  /** @param {Uint8Array} pixels */
  take(pixels) {
    this.drawing.load(pixels);
    this.pad.changed();
  }

  /** Classify the drawing and update the page. */
  answer() {
    read({ pixels: this.drawing.pixels, labels: [] }, 0, this.data.scale, this.image);
    this.bars.show(this.network.forward(this.image));
    this.scene.draw();
    this.stage.draw();
    this.course.draw();
  }

  /** @param {import("convscope/playground/training_worker.js").Moment} moment */
  learned({ weights }) {
    if (this.controls.isFollowing) this.become(weights);
    this.controls.draw();
  }

  /** @param {import("convscope/playground/engine/network.js").Weights} weights */
  become(weights) {
    this.network.load(weights);
    this.scene.drawWeights();
    this.answer();
  }

  /** Return the most active cell of the first convolution, so that the stage is not empty at the start. */
  firstCell() {
    const place = this.network.firstLearned;
    const values = this.network.outputs[place];
    const [map, row, column] = cellOfIndex(
      values.indexOf(Math.max(...values)),
      this.network.steps[place].shape,
    );
    return { place, map, row, column };
  }

  /** Pause training and animation while the page is hidden. */
  pause() {
    if (this.learning.isRunning) this.learning.order("pause");
    this.stage.stop();
  }

  /** Redraw everything, for example in another theme. */
  draw() {
    this.answer();
    this.scene.arrange();
  }
}
