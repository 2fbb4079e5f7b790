/**
 * Maps as pictures: one canvas pixel a cell, shown at a whole number of screen pixels, never smoothed.
 *
 * @typedef {import("convscope/kit/colours.js").Rgb} Rgb
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 * @typedef {(index: number) => Rgb | null} Paint  the colour of a cell, counted row by row; null leaves it out
 * @typedef {{top: number, right: number, bottom: number, left: number}} Margin  cells around the map
 *
 * @typedef {object} Picture
 * @property {number} height  in cells
 * @property {number} width
 * @property {number} cell  screen pixels a cell
 * @property {Paint} paint
 * @property {Margin} [margin]  of padding or overhang, drawn in the colour of padding
 */

import { shade, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";

export const NO_MARGIN = { top: 0, right: 0, bottom: 0, left: 0 };
const PADDING = /** @type {Record<Theme, Rgb>} */ ({ light: [214, 214, 210], dark: [66, 69, 74] });

/** Where all maps are drawn, and handed over as bitmaps: a page has scores of them, and a context for each costs more. */
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
  if (cell < 1) canvas.style.imageRendering = "auto"; // drawn smaller than it is, so smoothed
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
 * Signed numbers on the diverging scale.
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
 * Pixels in their own colours, or in grey where there is one channel.
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
 * One channel of a picture in its own light.
 *
 * @param {ArrayLike<number>} values  0 to 255
 * @param {import("convscope/kit/colours.js").Channel} channel
 * @returns {Paint}
 */
export function channelPaint(values, channel) {
  return (index) => (index < values.length ? shade(values[index], channel) : null);
}

/**
 * How a column of numbers is laid out to be seen at once: as a column while it is short, else row by row.
 *
 * @param {number} length
 */
export function layout(length) {
  const width = length <= 12 ? 1 : 2 ** Math.ceil(Math.log2(Math.sqrt(length)));
  return { width, height: Math.ceil(length / width) };
}

/**
 * Screen pixels of so many times the text's size: large screens have larger text.
 *
 * @param {number} times
 */
export function rem(times) {
  return times * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/**
 * The largest whole cell that fits.
 *
 * @param {number} columns
 * @param {number} rows
 * @param {number} room  screen pixels across
 * @param {number} [tallest]  screen pixels down; if nothing is said, what leaves room to see the rest
 * @param {number} [largest]
 */
export function cellSize(columns, rows, room, tallest = Math.max(320, innerHeight * 0.48), largest = rem(3)) {
  return Math.max(1, Math.min(Math.floor(room / columns), Math.floor(tallest / rows), Math.floor(largest)));
}

/**
 * A picture of at most `side` screen pixels: of a larger map only every second cell, or third, or so on.
 *
 * @param {number} height
 * @param {number} width
 * @param {Paint} paint
 * @param {number} side
 * @returns {Picture & {step: number}}  `step`: every so many cells one is drawn
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
