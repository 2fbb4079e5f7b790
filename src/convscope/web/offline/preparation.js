/**
 * Resize a picture of any size to the network's input, bit-identical to `pictures/preparation.py`, which uses
 * Pillow. Width and height are resized one after the other, each rounded to integers:
 *
 *     scale     = (end - start) / count                old pixels per new one
 *     centre[i] = start + (i + 1/2) scale              centre of new pixel i
 *     weight[x] = max(0, 1 - |x + 1/2 - centre[i]| / max(1, scale)), divided by its sum over x
 *
 * with each weight in fixed point with 22 fractional bits. A picture is read in bands of rows, so that only
 * the narrowed result of a large picture has to fit in memory.
 *
 * @typedef {{channels: 1 | 3, height: number, width: number, fit: "stretch" | "pad" | "crop"}} Preparation
 * @typedef {{start: number, span: number, count: number, margin: number}} Extent  of one side: which old
 *   pixels are mapped to how many new ones, and the number of black pixels before them
 * @typedef {{first: number, weights: Int32Array}} Sum  weights of the old pixels starting at `first`
 * @typedef {{width: number, height: number, rows: (top: number, count: number) => Uint8ClampedArray}} Picture
 *   rows in RGBA, one byte per channel
 */

const DIGITS = 22;
const HALF = 2 ** (DIGITS - 1);
const PIXELS_AT_ONCE = 2 ** 20;

/**
 * @param {Picture} picture
 * @param {Preparation} preparation
 * @returns {Uint8Array}  height x width x channels
 */
export function prepare(picture, preparation) {
  const [tall, wide] = extents(picture, preparation);
  return shorten(narrow(picture, wide, preparation), picture.height, wide, tall, preparation);
}

/**
 * @param {Picture} picture
 * @param {Preparation} preparation
 * @returns {[Extent, Extent]}  height, width
 */
function extents(picture, { height, width, fit }) {
  const scales = [height / picture.height, width / picture.width];
  /** @param {number} old @param {number} count @returns {Extent} */
  const side = (old, count) => {
    if (fit === "pad") return padded(old, count, Math.min(...scales));
    if (fit === "crop") return cropped(old, count, Math.max(...scales));
    return { start: 0, span: old, count, margin: 0 };
  };
  return [side(picture.height, height), side(picture.width, width)];
}

/**
 * @param {number} old
 * @param {number} count
 * @param {number} scale
 * @returns {Extent}
 */
function padded(old, count, scale) {
  const inner = Math.max(1, roundHalfToEven(old * scale));
  return { start: 0, span: old, count: inner, margin: Math.floor((count - inner) / 2) };
}

/**
 * Crop one side. Pillow stores the bounds as float32.
 *
 * @param {number} old
 * @param {number} count
 * @param {number} scale
 * @returns {Extent}
 */
function cropped(old, count, scale) {
  const kept = count / scale;
  const left = (old - kept) / 2;
  const start = Math.fround(Math.max(0, left));
  const end = Math.fround(Math.min(old, left + kept));
  return { start, span: Math.fround(end - start), count, margin: 0 };
}

/** @param {number} x */
function roundHalfToEven(x) {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * Return the weights of the old pixels for each new pixel of a side.
 *
 * @param {Extent} extent
 * @param {number} old  number of old pixels
 * @returns {Sum[]}
 */
function sums({ start, span, count }, old) {
  const scale = span / count;
  const support = Math.max(1, scale);
  return Array.from({ length: count }, (_, place) => {
    const centre = start + (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(old, Math.trunc(centre + support + 0.5));
    const shares = Array.from({ length: end - first }, (_, x) =>
      Math.max(0, 1 - Math.abs((x + first - centre + 0.5) * (1 / support))),
    );
    const total = shares.reduce((a, b) => a + b, 0);
    return { first, weights: Int32Array.from(shares, (share) => (share / total) * 2 ** DIGITS + 0.5) };
  });
}

/**
 * Resize the width, row by row.
 *
 * @param {Picture} picture
 * @param {Extent} extent
 * @param {Preparation} preparation
 * @returns {Uint8Array}  old height x new width x channels
 */
function narrow(picture, extent, { channels }) {
  const { width, height } = picture;
  const columns = sums(extent, width);
  const narrowed = new Uint8Array(height * columns.length * channels);
  const atOnce = Math.max(1, Math.floor(PIXELS_AT_ONCE / width));
  let place = 0;
  for (let top = 0; top < height; top += atOnce) {
    const count = Math.min(atOnce, height - top);
    const band = channelsOf(picture.rows(top, count), channels);
    for (let row = 0; row < count; row++) {
      for (const { first, weights } of columns) {
        for (let c = 0; c < channels; c++, place++) {
          let sum = HALF;
          let at = (row * width + first) * channels + c;
          for (let x = 0; x < weights.length; x++, at += channels) sum += band[at] * weights[x];
          narrowed[place] = sum >> DIGITS;
        }
      }
    }
  }
  return narrowed;
}

/**
 * Resize the height, and centre the result on black.
 *
 * @param {Uint8Array} narrowed
 * @param {number} old
 * @param {Extent} wide
 * @param {Extent} tall
 * @param {Preparation} preparation
 */
function shorten(narrowed, old, wide, tall, { channels, height, width }) {
  const result = new Uint8Array(height * width * channels);
  const across = wide.count * channels;
  sums(tall, old).forEach(({ first, weights }, row) => {
    const at = ((tall.margin + row) * width + wide.margin) * channels;
    for (let column = 0; column < across; column++) {
      let sum = HALF;
      for (let y = 0; y < weights.length; y++) sum += narrowed[(first + y) * across + column] * weights[y];
      result[at + column] = sum >> DIGITS;
    }
  });
  return result;
}

/**
 * Return the RGB values, or the luma 0.299 R + 0.587 G + 0.114 B in fixed point with 16 fractional bits.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {1 | 3} channels
 */
function channelsOf(rgba, channels) {
  const count = rgba.length / 4;
  const pixels = new Uint8Array(count * channels);
  for (let place = 0; place < count; place++) {
    const [red, green, blue] = [rgba[4 * place], rgba[4 * place + 1], rgba[4 * place + 2]];
    if (channels === 3) {
      pixels[3 * place] = red;
      pixels[3 * place + 1] = green;
      pixels[3 * place + 2] = blue;
    } else pixels[place] = (red * 19_595 + green * 38_470 + blue * 7_471 + 32_768) >> 16;
  }
  return pixels;
}
