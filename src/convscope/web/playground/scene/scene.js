/**
 * The network diagram: the drawing, columns of maps connected by lines, and the prediction.
 *
 * @typedef {import("convscope/playground/engine/network.js").Network} Network
 * @typedef {import("convscope/playground/engine/network.js").Step} Step
 * @typedef {import("convscope/playground/reach.js").Cell} Cell
 * @typedef {import("convscope/playground/scene/columns.js").Layout} Layout
 * @typedef {import("convscope/playground/scene/columns.js").Box} Box
 */

import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { rem } from "convscope/kit/maps.js";
import { shapeText } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";
import { columnsOf, layout } from "convscope/playground/scene/columns.js";
import { drawFrames, frames, path } from "convscope/playground/scene/highlight.js";
import { drawLines, linesOf } from "convscope/playground/scene/lines.js";
import { signedCanvas, tile } from "convscope/playground/scene/tile.js";

const SMALLEST_HEIGHT = 330;
const STAGE = 17; // height reserved for the stage below, in rem
const FILTER = 25; // screen pixels of a first-layer filter

export class Scene {
  /**
   * @param {Network} network
   * @param {string[]} classes
   * @param {HTMLElement} pad
   * @param {HTMLElement} answer
   * @param {{point: (cell: Cell | null) => void, pick: (cell: Cell) => void, explain: (kind: string) => void}} listener
   *   explain: called with the kind of a step when its name is clicked
   */
  constructor(network, classes, pad, answer, listener) {
    this.network = network;
    this.classes = classes;
    this.pad = pad;
    this.answer = answer;
    this.listener = listener;
    this.columns = columnsOf(network.steps);
    this.below = element("canvas", { class: "lines", "aria-hidden": "true" });
    this.above = element("canvas", { class: "lights", "aria-hidden": "true" });
    this.captions = this.columns.map(({ title, place }) => this.captionOf(title, network.steps[place]));
    this.tiles = this.columns.map((column) => this.tilesOf(column));
    this.filters = filtersOf(network);
    this.element = element(
      "div",
      { class: "scene", role: "group", "aria-label": "the network, step by step" },
      this.below,
      pad,
      ...this.captions,
      ...this.tiles.flat().map((one) => one.element),
      ...this.filters.map(({ canvas }) => canvas),
      answer,
      this.above,
    );
    /** @type {Cell | null} */
    this.cell = null;
    /** @type {Layout} */
    this.layout = {
      columns: this.columns,
      height: 0,
      isTurned: false,
      answer: { x: 0, y: 0, width: 0, height: 0 },
    };
    new ResizeObserver(() => this.arrange()).observe(this.element);
    addEventListener("resize", () => this.arrange());
  }

  /**
   * Create the caption of a step, which leads to its station.
   *
   * @param {string} title
   * @param {Step} step
   */
  captionOf(title, { kind, shape }) {
    const name = element("button", { type: "button", click: () => this.listener.explain(kind) }, title);
    return element(
      "p",
      { class: "column-title" },
      name,
      element("span", { class: "quiet" }, shapeText(shape)),
    );
  }

  /** @param {import("convscope/playground/scene/columns.js").Column} column */
  tilesOf({ place, look, count, title }) {
    if (look === "image") return [];
    const step = this.network.steps[place];
    const size = this.network.outputs[place].length / count;
    const [rows, columns] = look === "maps" ? step.shape.slice(1) : [size, 1];
    const name = (/** @type {number} */ map) =>
      look === "numbers" ? `${title}, ${this.classes[map]}` : `${title}, map ${map + 1} of ${count}`;
    return Array.from({ length: count }, (_, map) => {
      const cell = (/** @type {number} */ row, /** @type {number} */ column) => ({ place, map, row, column });
      const made = tile({
        label: `${name(map)}: arrow keys choose a cell`,
        start: map * size,
        rows,
        columns,
        point: (row, column) => this.listener.point(cell(row, column)),
        leave: () => this.listener.point(null),
        pick: (row, column) => this.listener.pick(cell(row, column)),
      });
      made.element.classList.add(`of-${look}`);
      made.element.dataset.step = step.name;
      return made;
    });
  }

  /** Compute the layout for the current size of the page. */
  arrange() {
    const width = this.element.clientWidth;
    if (width === 0) return;
    const room = innerHeight - this.element.getBoundingClientRect().top - scrollY;
    const height = Math.max(SMALLEST_HEIGHT, Math.min(room - rem(STAGE), width * 0.5));
    this.layout = layout(this.columns, this.network.steps, width, height);
    this.element.style.height = `${this.layout.height}px`;
    this.element.classList.toggle("turned", this.layout.isTurned);
    this.columns.forEach(({ boxes }, index) => {
      this.tiles[index].forEach((one, map) => put(one.element, boxes[map]));
      this.placeCaption(index);
    });
    this.placeFilters();
    put(this.pad, this.columns[0].boxes[0]);
    put(this.answer, this.layout.answer);
    for (const canvas of [this.below, this.above]) fit(canvas, width, this.layout.height);
    this.drawWeights();
    this.light(this.cell);
    this.onArrange?.(this.layout);
  }

  /** @type {((layout: Layout) => void) | undefined} */
  onArrange;

  /** @param {number} index */
  placeCaption(index) {
    const [first] = this.columns[index].boxes;
    const caption = this.captions[index];
    const { isTurned } = this.layout;
    caption.hidden = isTurned && index === 0;
    caption.style.left = `${isTurned ? 0 : first.x + first.width / 2}px`;
    caption.style.top = `${isTurned ? first.y - 20 : 0}px`;
  }

  /** Paint the latest outputs of the network. */
  draw() {
    const now = theme();
    let limit = 0;
    this.columns.forEach(({ place, look }, index) => {
      const values = this.network.outputs[place];
      // the colour scale changes only after a convolution or full connection, so that the effect of ReLU and
      // pooling is visible
      if (this.network.steps[place].weight.length) limit = limitOf(values);
      for (const one of this.tiles[index]) one.paint(values, look === "image" ? 1 : limit, now);
    });
  }

  /** Place the first-layer filters on the lines to their maps. */
  placeFilters() {
    const { isTurned, columns } = this.layout;
    const room = columns[1].boxes[0].x - columns[0].boxes[0].width;
    this.filters.forEach(({ canvas }, map) => {
      canvas.hidden = isTurned || room < 2 * FILTER;
      const { x, y, height } = columns[1].boxes[map];
      put(canvas, { x: x - FILTER - 5, y: y + (height - FILTER) / 2, width: FILTER, height: FILTER });
    });
  }

  /** Draw the lines and the first-layer filters, which only change with the weights. */
  drawWeights() {
    const { weight } = this.network.steps[1];
    this.filters.forEach(({ paint }, map) => {
      const size = weight.length / this.filters.length;
      paint(weight, map * size, limitOf(weight), theme());
    });
    this.lines = linesOf(this.columns, this.network.steps);
    drawLines(cleared(this.below), this.lines, this.layout, this.colours());
  }

  /** @param {Cell | null} cell */
  light(cell) {
    this.cell = cell;
    const pen = cleared(this.above);
    this.element.classList.toggle("lit", cell !== null);
    if (!cell || !this.lines) return;
    const colours = this.colours();
    const { back, ahead } = path(this.lines, this.layout, cell);
    drawLines(pen, back, this.layout, colours, 1);
    drawLines(pen, ahead, this.layout, colours, 0.6);
    drawFrames(pen, frames(this.network.steps, this.layout, cell), colours);
  }

  colours() {
    const style = getComputedStyle(this.element);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
    return {
      negative: this.resolved(colour("negative")),
      positive: this.resolved(colour("positive")),
      none: this.resolved(colour("edge")),
      input: this.resolved(colour("input")),
      output: this.resolved(colour("output")),
      far: this.resolved(colour("input")),
      ground: this.resolved(colour("ground")),
    };
  }

  /** Resolve a light-dark(a, b) colour for the current theme. @param {string} colour */
  resolved(colour) {
    const both = /light-dark\(([^,]+),([^)]+)\)/.exec(colour);
    return both ? both[theme() === "light" ? 1 : 2].trim() : colour;
  }
}

/**
 * Create a canvas for each filter of the first convolution.
 *
 * @param {Network} network
 */
function filtersOf({ steps: [, first] }) {
  if (first.kind !== "convolution") return [];
  return Array.from({ length: first.shape[0] }, () => {
    const made = signedCanvas(first.window[0], first.window[1]);
    made.canvas.classList.add("filter");
    return made;
  });
}

/**
 * @param {HTMLElement} placed
 * @param {Box} box
 */
function put({ style }, { x, y, width, height }) {
  Object.assign(style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
}

/**
 * Set the size of a canvas, using the screen's full resolution.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
function fit(canvas, width, height) {
  Object.assign(canvas, { width: width * devicePixelRatio, height: height * devicePixelRatio });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
}

/** @param {HTMLCanvasElement} canvas */
function cleared(canvas) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.scale(devicePixelRatio, devicePixelRatio);
  return pen;
}
