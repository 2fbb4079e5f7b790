/**
 * The stage: how one number is computed: input window × filter = products, their sum, and the resulting map.
 *
 * @typedef {import("convscope/playground/engine/network.js").Network} Network
 * @typedef {import("convscope/playground/engine/network.js").Step} Step
 * @typedef {import("convscope/playground/reach.js").Cell} Cell
 * @typedef {object} Scenery  what the view of a step needs
 * @property {Step} step
 * @property {Float32Array} x  input of the step
 * @property {Float32Array} y  output of the step
 * @property {Cell} cell
 * @property {string[]} classes
 * @property {number[] | null} maps  shape of the maps before flattening, if x is a flattened vector
 * @property {number} chosen  selected input map, or -1 for the one that contributes most
 * @property {(map: number) => void} choose
 */

import { element } from "convscope/kit/dom.js";
import { shownConvolution } from "convscope/playground/stage/convolution.js";
import { shownConnection } from "convscope/playground/stage/connection.js";
import { shownFlattening, shownPooling, shownRelu } from "convscope/playground/stage/cell_steps.js";
import { MapView } from "convscope/playground/stage/map_view.js";

/** @type {Record<string, (scenery: Scenery) => Node[]>} */
const SHOWN = {
  convolution: shownConvolution,
  relu: shownRelu,
  max_pooling: shownPooling,
  average_pooling: shownPooling,
  flattening: shownFlattening,
  full_connection: shownConnection,
};
const SLIDE = 60; // milliseconds per cell

export class Stage {
  /**
   * @param {Network} network
   * @param {string[]} classes
   * @param {(cell: Cell) => void} onMove  called as the window slides
   */
  constructor(network, classes, onMove) {
    this.network = network;
    this.classes = classes;
    this.onMove = onMove;
    this.chosen = -1;
    this.timer = 0;
    /** @type {Cell} */
    this.cell = { place: 1, map: 0, row: 0, column: 0 };
    this.kept = this.cell; // the selected cell
    this.title = element("h2", { id: "stage-title" });
    this.body = element("div", { class: "arithmetic" });
    this.map = new MapView((row, column) => this.pick({ ...this.cell, row, column }));
    this.isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.button = element(
      "button",
      { type: "button", click: () => (this.timer ? this.stop() : this.slide()) },
      "▶ Slide",
    );
    this.element = element(
      "section",
      { class: "cell-stage", "aria-labelledby": "stage-title" },
      element("div", { class: "stage-top" }, this.title, this.button),
      element("div", { class: "stage-body" }, this.body, this.map.element),
    );
  }

  /** Select a cell. @param {Cell} cell */
  pick(cell) {
    this.stop();
    this.move(cell);
  }

  /** Show the hovered cell; null returns to the selected one. @param {Cell | null} cell */
  point(cell) {
    if (this.timer) return;
    const next = cell ?? this.kept;
    if (next.place !== this.cell.place) this.chosen = -1;
    this.cell = next;
    this.draw();
  }

  /** @param {Cell} cell */
  move(cell) {
    if (cell.place !== this.cell.place) this.chosen = -1;
    this.cell = this.kept = cell;
    this.draw();
    this.onMove(cell);
  }

  /** Draw the current cell from the latest outputs of the network. */
  draw() {
    const { place, row, column } = this.cell;
    const step = this.network.steps[place];
    const [x, y] = [this.network.outputs[place - 1], this.network.outputs[place]];
    const before = this.network.steps[place - 1];
    const maps = before.kind === "flattening" ? before.inputShape : null;
    const scenery = {
      step,
      x,
      y,
      cell: this.cell,
      classes: this.classes,
      maps,
      chosen: this.chosen,
      choose: (/** @type {number} */ one) => this.choose(one),
    };
    const hasMaps = step.shape.length === 3;
    this.title.textContent = `${this.titleOf(place)}: ${this.nameOf(step)}`;
    this.body.replaceChildren(...SHOWN[step.kind](scenery));
    this.map.element.hidden = this.button.hidden = !hasMaps;
    if (hasMaps) this.map.show(step, y, this.cell, this.timer ? row * step.shape[2] + column : Infinity);
  }

  /**
   * Return the name of a step, numbered if there are several of its kind.
   *
   * @param {number} place
   */
  titleOf(place) {
    const { kind, title } = this.network.steps[place];
    const alike = this.network.steps.filter((step) => step.kind === kind);
    return alike.length > 1 ? `${title} ${alike.indexOf(this.network.steps[place]) + 1}` : title;
  }

  /** Return the name of the current number. @param {Step} step */
  nameOf({ kind, inputShape, shape }) {
    const { map, row, column } = this.cell;
    if (kind === "flattening") return `number ${map * inputShape[1] * inputShape[2] + row + 1}`;
    if (shape.length === 3) return `map ${map + 1}, row ${row + 1}, column ${column + 1}`;
    return shape[0] === this.classes.length ? this.classes[map] : `neuron ${map + 1}`;
  }

  /** @param {number} map */
  choose(map) {
    this.chosen = map;
    this.draw();
  }

  /** Slide the window over the map, which is filled cell by cell. */
  slide() {
    const [, rows, columns] = this.network.steps[this.cell.place].shape;
    if (this.isStill) return this.move(next(this.cell, rows, columns));
    this.button.textContent = "❚❚ Pause";
    const last = this.cell.row === rows - 1 && this.cell.column === columns - 1;
    if (last) this.cell = { ...this.cell, row: 0, column: -1 };
    this.timer = setInterval(() => {
      if (!this.element.isConnected) return this.stop();
      this.move(next(this.cell, rows, columns));
      if (this.cell.row === rows - 1 && this.cell.column === columns - 1) this.stop();
    }, SLIDE);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.button.textContent = this.isStill ? "Next cell" : "▶ Slide";
  }
}

/**
 * Return the next cell in reading order.
 *
 * @param {Cell} cell
 * @param {number} rows
 * @param {number} columns
 */
function next(cell, rows, columns) {
  const place = (cell.row * columns + cell.column + 1) % (rows * columns);
  return { ...cell, row: Math.floor(place / columns), column: place % columns };
}
