/**
 * From a picture of any size to what the network reads: what `pictures/preparation.py` does with Pillow, number
 * for number. One side after the other, width first, each rounded to whole pixel values:
 *
 *     scale     = (end - start) / count                old pixels to a new one
 *     centre[i] = start + (i + 1/2) scale              where the new pixel i lies
 *     weight[x] = max(0, 1 - |x + 1/2 - centre[i]| / max(1, scale)), divided by its sum over x
 *
 * with each weight rounded to 22 binary digits after the point. A picture is read in bands of rows, so that of a
 * large one only the narrow result of the first half is held.
 *
 * @typedef {{channels: 1 | 3, height: number, width: number, fit: "stretch" | "pad" | "crop"}} Preparation
 * @typedef {{start: number, span: number, count: number, margin: number}} Extent  of one side: which old pixels
 *   become how many new ones, and how many black ones stand before them
 * @typedef {{first: number, weights: Int32Array}} Sum  of old pixels from the first on
 * @typedef {{width: number, height: number, rows: (top: number, count: number) => Uint8ClampedArray}} Picture
 *   rows of red, green, blue and opacity, each a byte
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
 * Pillow takes what is kept as float32.
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
 * How each new pixel of a side is made of old ones.
 *
 * @param {Extent} extent
 * @param {number} old  how many there are
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
 * Changes the width, row by row.
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
 * Changes the height, and puts what comes out in the middle of black.
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
 * Takes the colours, or the luma that they become: 0.299 R + 0.587 G + 0.114 B, with 16 binary digits.
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
