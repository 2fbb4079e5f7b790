/** A small map of the diagram: repainted whenever its values change, with a cursor for single cells. */

import { signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";

/** @typedef {import("convscope/kit/colours.js").Theme} Theme */

const SHADES = 255;

/**
 * The diverging colour scale as 32-bit canvas pixels.
 *
 * @type {Record<Theme, Uint32Array>}
 */
const PIXELS = { light: pixelsOf("light"), dark: pixelsOf("dark") };

/** @param {Theme} theme */
function pixelsOf(theme) {
  return Uint32Array.from({ length: SHADES }, (_, shade) => {
    const [red, green, blue] = signed((2 * shade) / (SHADES - 1) - 1, 1, theme);
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

/**
 * Create a canvas for signed values, with one pixel per cell.
 *
 * @param {number} rows
 * @param {number} columns
 */
export function signedCanvas(rows, columns) {
  const canvas = element("canvas", { width: columns, height: rows, "aria-hidden": "true" });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = pen.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  /**
   * @param {ArrayLike<number>} values
   * @param {number} start  index of the first cell
   * @param {number} limit  the absolute value with the strongest colour
   * @param {Theme} theme
   */
  const paint = (values, start, limit, theme) => {
    const colours = PIXELS[theme];
    const scale = limit > 0 ? (SHADES - 1) / (2 * limit) : 0;
    for (let cell = 0; cell < pixels.length; cell++) {
      const shade = Math.round(((values[start + cell] || 0) + limit) * scale); // NaN is painted as 0
      pixels[cell] = colours[limit > 0 ? Math.max(0, Math.min(SHADES - 1, shade)) : (SHADES - 1) / 2];
    }
    pen.putImageData(image, 0, 0);
  };
  return { canvas, paint };
}

/**
 * Create a tile.
 *
 * @typedef {object} Tile
 * @property {HTMLButtonElement} element
 * @property {(values: ArrayLike<number>, limit: number, theme: Theme) => void} paint  takes the step's whole
 *   output
 *
 * @param {object} setting
 * @param {string} setting.label
 * @param {number} setting.rows
 * @param {number} setting.columns
 * @param {number} setting.start  offset of the map in the step's output
 * @param {(row: number, column: number) => void} setting.point
 * @param {() => void} setting.leave
 * @param {(row: number, column: number) => void} setting.pick
 * @returns {Tile}
 */
export function tile({ label, rows, columns, start, point, leave, pick }) {
  const { canvas, paint } = signedCanvas(rows, columns);
  const made = element("button", { type: "button", class: "map-tile", "aria-label": label }, canvas);
  const at = { row: Math.floor(rows / 2), column: Math.floor(columns / 2) };
  /** @param {MouseEvent} event */
  const follow = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    at.row = clamp(Math.floor(((event.clientY - top) / height) * rows), rows);
    at.column = clamp(Math.floor(((event.clientX - left) / width) * columns), columns);
  };
  made.addEventListener("pointermove", (event) => {
    follow(event);
    point(at.row, at.column);
  });
  made.addEventListener("pointerleave", leave);
  made.addEventListener("focus", () => made.matches(":focus-visible") && point(at.row, at.column));
  made.addEventListener("blur", leave);
  made.addEventListener("click", (event) => {
    if (event.detail) follow(event); // detail is 0 if triggered by the keyboard
    pick(at.row, at.column);
  });
  made.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    at.row = clamp(at.row + move[0], rows);
    at.column = clamp(at.column + move[1], columns);
    point(at.row, at.column);
  });
  return { element: made, paint: (values, limit, theme) => paint(values, start, limit, theme) };
}

/**
 * @param {number} place
 * @param {number} count
 */
function clamp(place, count) {
  return Math.max(0, Math.min(count - 1, place));
}
