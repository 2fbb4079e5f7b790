/**
 * Maximum or mean of every window. Where a window extends beyond the map, only cells inside count.
 *
 * @typedef {import("convscope/offline/network.js").Shape} Shape
 * @typedef {import("convscope/offline/network.js").Pooling} Pooling
 * @typedef {import("convscope/offline/network.js").Run} Run
 *
 * @typedef {object} Rule  reduces the cells of a window to one number per map
 * @property {number} start
 * @property {(found: Float64Array, maps: Float32Array, at: number) => void} take  adds one cell of every map
 * @property {(found: number, count: number) => number} end
 */

/** @type {Rule} */
const MAXIMUM = {
  start: -Infinity,
  take(found, maps, at) {
    for (let c = 0; c < found.length; c++) if (maps[at + c] > found[c]) found[c] = maps[at + c];
  },
  end: (found) => found,
};

/** @type {Rule} */
const MEAN = {
  start: 0,
  take(found, maps, at) {
    for (let c = 0; c < found.length; c++) found[c] += maps[at + c];
  },
  end: (found, count) => found / count,
};

/** All kinds of pooling. @type {Record<string, (layer: Pooling, inputs: Shape[]) => Run>} */
export const POOLINGS = {
  max_pooling:
    (layer, [input]) =>
    (maps) =>
      pool(maps, input, layer, MAXIMUM),
  average_pooling:
    (layer, [input]) =>
    (maps) =>
      pool(maps, input, layer, MEAN),
};

/**
 * @param {Float32Array} maps
 * @param {Shape} input
 * @param {Pooling} layer
 * @param {Rule} rule
 */
function pool(maps, [height, width, channels], { window, stride, output }, { start, take, end }) {
  const pooled = new Float32Array(output[0] * output[1] * channels);
  const found = new Float64Array(channels);
  for (let row = 0, place = 0; row < output[0]; row++) {
    const [top, bottom] = [row * stride[0], Math.min(height, row * stride[0] + window[0])];
    for (let column = 0; column < output[1]; column++, place += channels) {
      const [left, right] = [column * stride[1], Math.min(width, column * stride[1] + window[1])];
      found.fill(start);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) take(found, maps, (y * width + x) * channels);
      }
      const count = (bottom - top) * (right - left);
      for (let c = 0; c < channels; c++) pooled[place + c] = end(found[c], count);
    }
  }
  return pooled;
}
