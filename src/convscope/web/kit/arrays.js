/**
 * Arrays in a walk document: raw deflate, little-endian, base64-encoded; short arrays are plain lists.
 * Quantised arrays hold integer multiples of a scale, one scale per map or filter.
 *
 * @typedef {object} Tensor
 * @property {number[]} shape
 * @property {ArrayLike<number>} data  in C order
 * @property {number[] | null} [scales]  of a quantised array, one per map
 *
 * @typedef {{dtype: string, shape: number[], data: string, scales: number[] | null}} Packed
 */

import { bytesOf } from "convscope/kit/base64.js";

const HEADER = 5; // bytes before the data of a stored block

/** @type {Record<string, (bytes: ArrayBuffer) => ArrayLike<number>>} */
const READERS = {
  float32: (bytes) => new Float32Array(bytes),
  int32: (bytes) => new Int32Array(bytes),
  uint8: (bytes) => new Uint8Array(bytes),
};

/**
 * Return a document in which every packed array is replaced by its tensor.
 *
 * @param {any} value
 * @returns {Promise<any>}
 */
export async function unpackAll(value) {
  if (value === null || typeof value !== "object") return value;
  if (isPacked(value)) return unpack(value);
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : Promise.all(value.map(unpackAll));
  const entries = Object.entries(value).map(async ([name, inner]) => [name, await unpackAll(inner)]);
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * @param {Packed} packed
 * @returns {Promise<Tensor>}
 */
export async function unpack({ dtype, shape, data, scales }) {
  const deflated = bytesOf(data);
  const bytes = stored(deflated) ?? (await inflated(deflated));
  return { shape, scales, data: scales ? multiples(bytes, scales) : READERS[dtype](bytes) };
}

/**
 * Return the bytes of an array stored without compression, or null if it is compressed. Copying is faster
 * than opening a decompression stream for each of a walk's many arrays. A stored block consists of one byte
 * (1 for the last block, otherwise 0), its length, the inverted length, and the data (RFC 1951, section
 * 3.2.4).
 *
 * @param {Uint8Array<ArrayBuffer>} blocks
 */
function stored(blocks) {
  const view = new DataView(blocks.buffer);
  const bytes = new Uint8Array(blocks.length);
  let [from, to, isLast] = [0, 0, false];
  while (!isLast) {
    const kind = view.getUint8(from);
    if (kind > 1) return null;
    const length = view.getUint16(from + 1, true);
    bytes.set(blocks.subarray(from + HEADER, from + HEADER + length), to);
    [from, to, isLast] = [from + HEADER + length, to + length, kind === 1];
  }
  return bytes.buffer.slice(0, to);
}

/** @param {Uint8Array<ArrayBuffer>} deflated */
function inflated(deflated) {
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
}

/**
 * Convert a list, nested or not, to a tensor. Tensors are returned unchanged.
 *
 * @param {any} value
 * @returns {Tensor}
 */
export function tensor(value) {
  if (!Array.isArray(value)) return value;
  const shape = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  return { shape, data: value.flat(Infinity) };
}

/**
 * Return the values of one map of a (maps, height, width) tensor; of a vector, all values.
 *
 * @param {Tensor} maps
 * @param {number} map
 * @returns {ArrayLike<number>}
 */
export function mapOf({ shape, data }, map) {
  if (shape.length < 3) return data;
  const size = shape[1] * shape[2];
  return data instanceof Array ? data.slice(map * size, (map + 1) * size) : subarray(data, map * size, size);
}

/**
 * Return one row of a (rows, columns) tensor.
 *
 * @param {Tensor} table
 * @param {number} row
 */
export function rowOf({ shape: [, columns], data }, row) {
  return subarray(data, row * columns, columns);
}

/**
 * Return the integers from 0 to length − 1.
 *
 * @param {number} length
 */
export function range(length) {
  return Array.from({ length }, (_, index) => index);
}

/**
 * Return the indices that sort values in descending order.
 *
 * @param {ArrayLike<number>} values
 */
export function largestFirst(values) {
  return Array.from(values, (_, place) => place).sort((a, b) => values[b] - values[a] || a - b);
}

/**
 * @param {any} data
 * @param {number} start
 * @param {number} size
 * @returns {ArrayLike<number>}
 */
function subarray(data, start, size) {
  return data.subarray(start, start + size);
}

/** @param {any} value */
function isPacked(value) {
  return typeof value.dtype === "string" && typeof value.data === "string" && Array.isArray(value.shape);
}

/**
 * Dequantise: multiply integers by their scales. The integers are zigzag-encoded (0, −1, 1, −2, ... as 0, 1,
 * 2, 3, ...), the low bytes of all of them stored before the high bytes.
 *
 * @param {ArrayBuffer} bytes
 * @param {number[]} scales
 */
function multiples(bytes, scales) {
  const count = bytes.byteLength / 2;
  const low = new Uint8Array(bytes, 0, count);
  const high = new Uint8Array(bytes, count);
  const numbers = new Float64Array(count);
  const each = count / scales.length;
  for (let place = 0; place < count; place++) {
    const folded = high[place] * 256 + low[place];
    numbers[place] = ((folded >> 1) ^ -(folded & 1)) * scales[Math.floor(place / each)];
  }
  return numbers;
}
