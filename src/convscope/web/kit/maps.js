/**
 * Maps as pictures: one canvas pixel per cell, scaled to a whole number of screen pixels without smoothing.
 *
 * @typedef {import("convscope/kit/colours.js").Rgb} Rgb
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 * @typedef {(index: number) => Rgb | null} Paint  returns the colour of a cell, indexed in row-major order;
 *   null leaves the cell blank
 * @typedef {{top: number, right: number, bottom: number, left: number}} Margin  cells around the map
 *
 * @typedef {object} Picture
 * @property {number} height  in cells
 * @property {number} width
 * @property {number} cell  screen pixels per cell
 * @property {Paint} paint
 * @property {Margin} [margin]  cells of padding or overhang, drawn in the padding colour
 */

import { shade, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";

export const NO_MARGIN = { top: 0, right: 0, bottom: 0, left: 0 };
const PADDING = /** @type {Record<Theme, Rgb>} */ ({ light: [214, 214, 210], dark: [66, 69, 74] });

/**
 * One shared canvas draws every map and hands it over as a bitmap: a page has dozens of maps, and a 2D
 * context for each would cost more.
 */
const sheet = new OffscreenCanvas(1, 1);

/**
 * @param {Picture} picture
 * @param {Theme} theme
 */
export function mapCanvas({ height, width, cell, paint, margin = NO_MARGIN }, theme) {
  const [rows, columns] = [height + margin.top + margin.bottom, width + margin.left + margin.right];
  const canvas = element("canvas", { width: columns, height: rows, "aria-hidden": "true" });
  canvas.style.width = `${columns * cell}px`;
  canvas.style.height = `${rows * cell}px`;
  if (cell < 1) canvas.style.imageRendering = "auto"; // smaller than its canvas, so smooth it
  const image = new ImageData(columns, rows);
  if (margin !== NO_MARGIN) fill(image.data, PADDING[theme]);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      put(image.data, (row + margin.top) * columns + column + margin.left, paint(row * width + column));
    }
  }
  Object.assign(sheet, { width: columns, height: rows });
  sheet.getContext("2d")?.putImageData(image, 0, 0);
  canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(sheet.transferToImageBitmap());
  return canvas;
}

/**
 * Colour signed values on the diverging scale.
 *
 * @param {ArrayLike<number>} values
 * @param {number} limit
 * @param {Theme} theme
 * @returns {Paint}
 */
export function signedPaint(values, limit, theme) {
  return (index) => (index < values.length ? signed(values[index], limit, theme) : null);
}

/**
 * Colour pixels as RGB, or as grey if there is only one channel.
 *
 * @param {Tensor} pixels  (channels, height, width), 0 to 255
 * @returns {Paint}
 */
export function pixelPaint({ shape: [channels, height, width], data }) {
  const size = height * width;
  const [green, blue] = channels === 3 ? [size, 2 * size] : [0, 0];
  return (index) => [data[index], data[index + green], data[index + blue]];
}

/**
 * Colour one channel of a picture in the colour of that channel.
 *
 * @param {ArrayLike<number>} values  0 to 255
 * @param {import("convscope/kit/colours.js").Channel} channel
 * @returns {Paint}
 */
export function channelPaint(values, channel) {
  return (index) => (index < values.length ? shade(values[index], channel) : null);
}

/**
 * Return the height and width of the grid that displays a vector: one column if it is short, otherwise
 * wrapped row by row.
 *
 * @param {number} length
 */
export function layout(length) {
  const width = length <= 12 ? 1 : 2 ** Math.ceil(Math.log2(Math.sqrt(length)));
  return { width, height: Math.ceil(length / width) };
}

/**
 * Convert rem to screen pixels. Text is larger on large screens.
 *
 * @param {number} times
 */
export function rem(times) {
  return times * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/**
 * Return the largest whole-pixel cell size at which a map fits.
 *
 * @param {number} columns
 * @param {number} rows
 * @param {number} room  available width in screen pixels
 * @param {number} [tallest]  available height in screen pixels; the default leaves room for the rest of the
 *   page
 * @param {number} [largest]
 */
export function cellSize(columns, rows, room, tallest = Math.max(320, innerHeight * 0.48), largest = rem(3)) {
  return Math.max(1, Math.min(Math.floor(room / columns), Math.floor(tallest / rows), Math.floor(largest)));
}

/**
 * Return a picture of at most `side` screen pixels. A larger map is subsampled, showing every second cell,
 * every third, and so on.
 *
 * @param {number} height
 * @param {number} width
 * @param {Paint} paint
 * @param {number} side
 * @returns {Picture & {step: number}}  `step`: every step-th cell is shown
 */
export function thumbnail(height, width, paint, side) {
  const step = Math.ceil(Math.max(height, width) / side);
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  const cell = cellSize(columns, rows, side, side, rem(1));
  const every = (/** @type {number} */ index) =>
    paint(Math.floor(index / columns) * step * width + (index % columns) * step);
  return { height: rows, width: columns, cell, paint: every, step };
}

/**
 * @param {Uint8ClampedArray} bytes
 * @param {Rgb} colour
 */
function fill(bytes, colour) {
  for (let index = 0; index < bytes.length / 4; index++) put(bytes, index, colour);
}

/**
 * @param {Uint8ClampedArray} bytes
 * @param {number} index
 * @param {Rgb | null} colour
 */
function put(bytes, index, colour) {
  if (colour === null) return;
  bytes[4 * index] = colour[0];
  bytes[4 * index + 1] = colour[1];
  bytes[4 * index + 2] = colour[2];
  bytes[4 * index + 3] = 255;
}
