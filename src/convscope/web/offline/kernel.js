/**
 * A matrix multiplication micro-kernel in WebAssembly, assembled instruction by instruction: a block of rows
 * times a panel of filters.
 *
 *     out[r][u] = sum over k of rows[r][k] * panel[k][u]        4 rows, 8 filters, float32
 *
 * The 32 sums stay in SIMD registers, four in each, while k runs, so that each loaded number is used in
 * several products. The same sum in JavaScript takes about twenty times as long.
 *
 * Sources: https://webassembly.github.io/spec/core/binary/ (the binary format); K. Goto, R. van de Geijn,
 * "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008 (register blocking and packed
 * panels).
 */

export const ROWS = 4;
export const FILTERS = 8;
const LANES = 4; // numbers per register
const BYTES = 4; // per number
const HALVES = FILTERS / LANES;

const I32 = 0x7f;
const V128 = 0x7b;
const NOTHING = 0x40;
const CONST = 0x41;
const ADD = 0x6a;
const SUBTRACT = 0x6b;
const LOOP = 0x03;
const REPEAT_IF = 0x0d;
const END = 0x0b;
const LOAD = 0x00;
const LOAD_SPLAT = 0x09;
const STORE = 0x0b;
const ADD_LANES = 0xe4;
const MULTIPLY_LANES = 0xe6;

// Addresses are in bytes. Indices of the parameters, followed by those of the local variables:
const [rows, rowBytes, length, panel, out, outBytes] = [0, 1, 2, 3, 4, 5];
const PARAMETERS = 6;
const rowAt = (/** @type {number} */ r) => (r === 0 ? rows : PARAMETERS - 1 + r);
const firstVector = PARAMETERS + ROWS - 1;
const sum = (/** @type {number} */ r, /** @type {number} */ half) => firstVector + r * HALVES + half;
const filters = (/** @type {number} */ half) => firstVector + ROWS * HALVES + half;
const value = firstVector + ROWS * HALVES + HALVES;
const VECTORS = ROWS * HALVES + HALVES + 1;

/**
 * @typedef {(rows: number, rowBytes: number, length: number, panel: number, out: number, outBytes: number) => void}
 *   Kernel  addresses and distances in bytes; length, the number of products per sum, is at least 1
 */

/**
 * Compile the kernel for a memory.
 *
 * @param {WebAssembly.Memory} memory
 * @returns {Promise<Kernel>}
 */
export async function compile(memory) {
  const { instance } = await WebAssembly.instantiate(binary(), { page: { memory } });
  return /** @type {Kernel} */ (instance.exports.kernel);
}

function binary() {
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [1, 0x60, PARAMETERS, ...Array(PARAMETERS).fill(I32), 0]), // one function type
    ...section(2, [1, ...name("page"), ...name("memory"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("kernel"), 0, 0]),
    ...section(10, [1, ...sized([2, ROWS - 1, I32, VECTORS, V128, ...instructions()])]),
  ]);
}

function instructions() {
  return [
    ...each(ROWS - 1, (r) => [...get(rowAt(r)), ...get(rowBytes), ADD, ...set(rowAt(r + 1))]),
    ...[LOOP, NOTHING],
    ...each(HALVES, (half) => [...get(panel), ...vector(LOAD, half), ...set(filters(half))]),
    ...each(ROWS, addRow),
    ...advance(panel, FILTERS * BYTES),
    ...[...get(length), CONST, 1, SUBTRACT, ...set(length), ...get(length), REPEAT_IF, 0],
    END,
    ...each(ROWS, storeRow),
    END,
  ];
}

/** @param {number} r */
function addRow(r) {
  return [
    ...[...get(rowAt(r)), ...simd(LOAD_SPLAT), 2, 0, ...set(value)],
    ...each(HALVES, (half) => [
      ...[...get(sum(r, half)), ...get(value), ...get(filters(half))],
      ...[...simd(MULTIPLY_LANES), ...simd(ADD_LANES), ...set(sum(r, half))],
    ]),
    ...advance(rowAt(r), BYTES),
  ];
}

/** @param {number} r */
function storeRow(r) {
  return [
    ...each(HALVES, (half) => [...get(out), ...get(sum(r, half)), ...vector(STORE, half)]),
    ...[...get(out), ...get(outBytes), ADD, ...set(out)],
  ];
}

const get = (/** @type {number} */ local) => [0x20, local];
const set = (/** @type {number} */ local) => [0x21, local];
const simd = (/** @type {number} */ code) => [0xfd, ...unsigned(code)];

/**
 * Load or store one half of eight consecutive numbers at an address aligned to 16 bytes.
 *
 * @param {number} code
 * @param {number} half
 */
function vector(code, half) {
  return [...simd(code), 4, half * LANES * BYTES];
}

/**
 * Advance an address.
 *
 * @param {number} local
 * @param {number} bytes  below 64
 */
function advance(local, bytes) {
  return [...get(local), CONST, bytes, ADD, ...set(local)];
}

/**
 * @param {number} count
 * @param {(place: number) => number[]} make
 */
function each(count, make) {
  return Array.from({ length: count }, (_, place) => make(place)).flat();
}

/**
 * @param {number} id
 * @param {number[]} content
 */
function section(id, content) {
  return [id, ...sized(content)];
}

/** @param {number[]} content */
function sized(content) {
  return [...unsigned(content.length), ...content];
}

/** @param {string} text */
function name(text) {
  return sized([...text].map((letter) => letter.charCodeAt(0)));
}

/**
 * Encode an unsigned number as LEB128: seven bits per byte, lowest first.
 *
 * @param {number} number
 * @returns {number[]}
 */
function unsigned(number) {
  return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...unsigned(number >> 7)];
}
