/** Canvases with one canvas pixel per picture pixel. */

import { element } from "convscope/kit/dom.js";

/**
 * Create a canvas.
 *
 * @param {string} label  accessible name
 */
export function pictureCanvas(label) {
  const canvas = element("canvas", { role: "img", "aria-label": label });
  /**
   * @param {number} width
   * @param {number} height
   * @param {(place: number) => [number, number, number]} colourOf
   */
  const paint = (width, height, colourOf) => {
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const image = pen.createImageData(width, height);
    for (let place = 0; place < width * height; place++) {
      const [red, green, blue] = colourOf(place);
      image.data[4 * place] = red;
      image.data[4 * place + 1] = green;
      image.data[4 * place + 2] = blue;
      image.data[4 * place + 3] = 255;
    }
    pen.putImageData(image, 0, 0);
  };
  return { canvas, paint };
}

/**
 * Add a cursor to a canvas: a frame around the current cells, moved by the pointer or the arrow keys.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {string} label
 * @param {(row: number, column: number) => void} point
 * @param {"input" | "output"} [role]
 */
export function pointed(canvas, label, point, role = "output") {
  const frame = element("span", { class: `outline ${role}`, "aria-hidden": "true" });
  const holder = element(
    "div",
    { class: "holder", tabindex: 0, role: "application", "aria-label": label },
    canvas,
    frame,
  );
  const at = { row: 0, column: 0 };
  const go = (/** @type {number} */ row, /** @type {number} */ column) => {
    at.row = Math.max(0, Math.min(canvas.height - 1, row));
    at.column = Math.max(0, Math.min(canvas.width - 1, column));
    point(at.row, at.column);
  };
  const follow = (/** @type {PointerEvent} */ event) => {
    const { left, top, width, height } = holder.getBoundingClientRect();
    go(
      Math.floor(((event.clientY - top) / height) * canvas.height),
      Math.floor(((event.clientX - left) / width) * canvas.width),
    );
  };
  holder.addEventListener("pointermove", follow);
  holder.addEventListener("pointerdown", follow);
  holder.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(at.row + move[0], at.column + move[1]);
  });
  /** Place the frame. */
  const mark = (
    /** @type {number} */ top,
    /** @type {number} */ left,
    /** @type {number} */ high,
    /** @type {number} */ wide,
  ) => {
    Object.assign(frame.style, {
      top: `${(100 * top) / canvas.height}%`,
      left: `${(100 * left) / canvas.width}%`,
      height: `${(100 * high) / canvas.height}%`,
      width: `${(100 * wide) / canvas.width}%`,
    });
  };
  return { holder, mark, go };
}
