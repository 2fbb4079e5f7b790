/**
 * Decode 16-bit PNGs, which browsers reduce to 8 bits in different ways. This module does it like
 * `pictures/value_range.py`: grey values are scaled from the narrowest of 8, 10, 12, 14 and 16 bits that
 * holds the maximum; of colours, the upper 8 bits are used. Section numbers refer to PNG, third edition.
 *
 * @typedef {{width: number, height: number, channels: number, values: Uint16Array}} Deep
 */

import { count } from "convscope/kit/numbers.js";
import { inflated } from "convscope/offline/inflate.js";
import { chunksOf } from "convscope/offline/png.js";

const CHANNELS = /** @type {Record<number, number>} */ ({ 0: 1, 2: 3, 4: 2, 6: 4 }); // by colour type, 11.2.1
const BITS = [8, 10, 12, 14, 16];
const FEW_BITS = 15; // 16-bit colours with upper bytes up to this use 12 bits at most
/**
 * The seven passes of an interlaced picture: first column, first row, and the steps between columns and rows
 * (8.2).
 */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];
/**
 * Predictors of the filter types (9.2).
 *
 * @type {((left: number, up: number, corner: number) => number)[]}
 */
const FILTERS = [() => 0, (left) => left, (_, up) => up, (left, up) => (left + up) >> 1, paeth];

/**
 * Decode a picture, composited on white; the note says how the value range was determined.
 *
 * @param {Blob} blob  a plain PNG
 * @returns {Promise<{image: ImageData, note: string}>}
 */
export async function decodeDeep(blob) {
  const chunks = chunksOf(new Uint8Array(await blob.arrayBuffer()));
  const [{ data: head }] = chunks;
  const channels = CHANNELS[head[9]];
  if (!channels) throw new Error("it is damaged (no colour type of 16 bits)");
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const passes = head[12] ? PASSES : [[0, 0, 1, 1]];
  const packed = chunks.filter(({ name }) => name === "IDAT").map(({ data }) => data);
  const deep = await unpack(packed, view.getUint32(0), view.getUint32(4), channels, passes);
  const transparent = chunks.find(({ name }) => name === "tRNS")?.data;
  return head[9] === 0 ? grey(deep, transparent) : colours(deep, transparent);
}

/**
 * @param {Uint8Array<ArrayBuffer>[]} packed
 * @param {number} width
 * @param {number} height
 * @param {number} channels
 * @param {number[][]} passes
 * @returns {Promise<Deep>}
 */
async function unpack(packed, width, height, channels, passes) {
  const sizes = passes.map(([x, y, across, down]) => [
    Math.ceil((width - x) / across),
    Math.ceil((height - y) / down),
  ]);
  const lengths = sizes.map(([columns, rows]) =>
    columns > 0 && rows > 0 ? rows * (1 + 2 * channels * columns) : 0,
  );
  const bytes = await inflated(
    packed,
    lengths.reduce((sum, length) => sum + length, 0),
  ).catch(() => {
    throw new Error("it is damaged or cut short");
  });
  const values = new Uint16Array(width * height * channels);
  let start = 0;
  passes.forEach(([x, y, across, down], pass) => {
    const [columns] = sizes[pass];
    const rowLength = 1 + 2 * channels * columns;
    for (let row = 0; row * rowLength < lengths[pass]; row++) {
      const at = start + row * rowLength;
      unfilter(bytes, at, row ? at - rowLength : undefined, rowLength, 2 * channels);
      for (let column = 0; column < columns; column++) {
        const to = ((y + row * down) * width + x + column * across) * channels;
        for (let c = 0; c < channels; c++) {
          const from = at + 1 + 2 * (column * channels + c);
          values[to + c] = bytes[from] * 256 + bytes[from + 1];
        }
      }
    }
    start += lengths[pass];
  });
  return { width, height, channels, values };
}

/**
 * Reverse the filter of a row in place (chapter 9).
 *
 * @param {Uint8Array} bytes
 * @param {number} start  of the row; its first byte is the filter type
 * @param {number | undefined} above  start of the previous row
 * @param {number} length
 * @param {number} size  bytes per pixel
 */
function unfilter(bytes, start, above, length, size) {
  const predict = FILTERS[bytes[start]];
  if (!predict) throw new Error("it is damaged (no filter of PNG)");
  for (let i = 1; i < length; i++) {
    const left = i > size ? bytes[start + i - size] : 0;
    const up = above === undefined ? 0 : bytes[above + i];
    const corner = above === undefined || i <= size ? 0 : bytes[above + i - size];
    bytes[start + i] += predict(left, up, corner);
  }
}

/**
 * @param {number} left
 * @param {number} up
 * @param {number} corner
 */
function paeth(left, up, corner) {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/**
 * @param {Deep} deep
 * @param {Uint8Array} [transparent]
 */
function grey({ width, height, values }, transparent) {
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  const bits = BITS.find((some) => highest < 2 ** some) ?? 16;
  const clear = transparent && transparent[0] * 256 + transparent[1];
  const image = new ImageData(width, height);
  values.forEach((value, place) => {
    const level = value === clear ? 255 : roundHalfToEven(value * (255 / (2 ** bits - 1)));
    image.data.set([level, level, level, 255], 4 * place);
  });
  return {
    image,
    note: highest && bits < 16 ? `values up to ${count(highest)} are taken as ${bits} bits` : "",
  };
}

/** @param {number} x */
function roundHalfToEven(x) {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * @param {Deep} deep
 * @param {Uint8Array} [transparent]
 */
function colours({ width, height, channels, values }, transparent) {
  const isColour = channels > 2;
  const clear = transparent && [0, 2, 4].map((at) => transparent[at] * 256 + transparent[at + 1]);
  const image = new ImageData(width, height);
  let highest = 0;
  for (let place = 0; place < width * height; place++) {
    const at = place * channels;
    const deep = isColour
      ? [values[at], values[at + 1], values[at + 2]]
      : [values[at], values[at], values[at]];
    const rgb = deep.map((value) => value >> 8);
    highest = Math.max(highest, ...rgb);
    const opacity = channels % 2 === 0 ? values[at + channels - 1] >> 8 : 255;
    const isClear = clear?.every((value, c) => value === deep[c]);
    image.data.set([...rgb.map((value) => onWhite(value, isClear ? 0 : opacity)), 255], 4 * place);
  }
  if (highest > 0 && highest <= FEW_BITS) {
    throw new Error("its 16-bit colours use 12 bits at most, so it would be read as nearly black");
  }
  return { image, note: "" };
}

/**
 * Composite a value on white, with the same rounding as Pillow.
 *
 * @param {number} value
 * @param {number} opacity
 */
function onWhite(value, opacity) {
  const share = opacity * 128;
  const sum = value * share + 255 * (255 * 128 - share) + 128 * 128;
  return ((sum >> 8) + sum) >> 15;
}
