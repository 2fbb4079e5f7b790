/**
 * The drawing pad: shows the drawing's own pixels; takes input from mouse, pen, touch, or the keyboard (arrow
 * keys move the pen, and draw while Shift is held).
 *
 * @typedef {import("convscope/playground/drawing.js").Drawing} Drawing
 * @typedef {import("convscope/playground/drawing.js").Point} Point
 */

import { element } from "convscope/kit/dom.js";

const REST = 900; // milliseconds after the last stroke until the drawing is centred
const GROWTH = 250; // milliseconds of the animation
const MOVES = /** @type {Record<string, [number, number]>} */ ({
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
});

export class Pad {
  /**
   * @param {Drawing} drawing
   * @param {() => void} onChange  called after each segment of a stroke
   * @param {() => void} onPlace  called before a drawing is scaled and centred
   */
  constructor(drawing, onChange, onPlace) {
    this.drawing = drawing;
    this.onChange = onChange;
    this.onPlace = onPlace;
    this.rest = 0;
    this.canvas = element("canvas", { width: drawing.width, height: drawing.height, "aria-hidden": "true" });
    this.pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.image = this.pen.createImageData(drawing.width, drawing.height);
    this.cursor = element("span", { class: "pen", "aria-hidden": "true" });
    this.element = element(
      "div",
      {
        class: "drawing-pad",
        role: "application",
        tabindex: 0,
        "aria-label":
          "drawing pad: draw with the mouse or a finger, or move the pen with the arrow keys and hold Shift to draw",
      },
      this.canvas,
      this.cursor,
    );
    this.at = { x: drawing.width / 2, y: drawing.height / 2 };
    this.listen();
    this.steer();
    this.paint();
  }

  listen() {
    /** @type {Point | null} */
    let last = null;
    const to = (/** @type {PointerEvent} */ event) => {
      const point = this.pointOf(event);
      this.drawing.stroke(last ?? point, point, event.button === 2 || event.buttons === 2);
      last = point;
    };
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      clearTimeout(this.rest);
      last = null;
      to(event);
      this.changed();
    });
    this.element.addEventListener("pointerup", () => {
      this.rest = setTimeout(() => this.place(), REST);
    });
    this.element.addEventListener("pointermove", (event) => {
      if (!event.buttons) return;
      const pieces = event.getCoalescedEvents?.() ?? [];
      for (const piece of pieces.length ? pieces : [event]) to(piece);
      this.changed();
    });
    this.element.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  steer() {
    this.element.addEventListener("keydown", (event) => {
      const move = MOVES[event.key];
      if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const { width, height } = this.drawing;
      const before = this.at;
      this.at = {
        x: Math.max(0.5, Math.min(width - 0.5, before.x + move[0])),
        y: Math.max(0.5, Math.min(height - 0.5, before.y + move[1])),
      };
      if (event.shiftKey) {
        this.drawing.stroke(before, this.at, false);
        this.changed();
      }
      this.placeCursor();
    });
    this.placeCursor();
  }

  placeCursor() {
    this.cursor.style.left = `${(this.at.x / this.drawing.width) * 100}%`;
    this.cursor.style.top = `${(this.at.y / this.drawing.height) * 100}%`;
  }

  /** @param {PointerEvent} event @returns {Point} */
  pointOf(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - left) / width) * this.drawing.width,
      y: ((event.clientY - top) / height) * this.drawing.height,
    };
  }

  /** Scale and centre a small or off-centre drawing, animated. */
  place() {
    const goal = this.drawing.placement();
    if (!goal) return;
    this.onPlace();
    const { strokes } = this.drawing;
    const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : GROWTH;
    const start = performance.now();
    const grow = () => {
      const share = duration ? Math.min(1, (performance.now() - start) / duration) : 1;
      const between = (/** @type {number} */ from, /** @type {number} */ to) => from + (to - from) * share;
      this.drawing.redraw(strokes, {
        scale: between(1, goal.scale),
        x: between(0, goal.x),
        y: between(0, goal.y),
      });
      this.changed();
      if (share < 1) this.rest = setTimeout(grow, 16);
    };
    grow();
  }

  /** Repaint and call the listener. */
  changed() {
    this.paint();
    this.onChange();
  }

  paint() {
    const { pixels } = this.drawing;
    const { data } = this.image;
    for (let place = 0; place < pixels.length; place++) {
      data[4 * place] = data[4 * place + 1] = data[4 * place + 2] = pixels[place];
      data[4 * place + 3] = 255;
    }
    this.pen.putImageData(this.image, 0, 0);
  }
}
