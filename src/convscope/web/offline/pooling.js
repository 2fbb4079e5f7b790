/**
 * The largest or the mean cell of every window; of a window that overhangs, only cells of the map count.
 *
 * @typedef {import("convscope/offline/network.js").Shape} Shape
 */

/**
 * @param {import("convscope/offline/network.js").Pooling} layer
 * @param {Shape[]} inputs
 * @returns {import("convscope/offline/network.js").Run}
 */
export function openPooling(layer, [input]) {
  return (maps) => pool(maps, input, layer);
}

/**
 * @param {Float32Array} maps
 * @param {Shape} input
 * @param {import("convscope/offline/network.js").Pooling} layer
 */
function pool(maps, [height, width, channels], { kind, window, stride, output }) {
  const pooled = new Float32Array(output[0] * output[1] * channels);
  const cells = new Float64Array(channels);
  const isMax = kind === "max_pooling";
  for (let row = 0, place = 0; row < output[0]; row++) {
    const [top, bottom] = [row * stride[0], Math.min(height, row * stride[0] + window[0])];
    for (let column = 0; column < output[1]; column++, place += channels) {
      const [left, right] = [column * stride[1], Math.min(width, column * stride[1] + window[1])];
      cells.fill(isMax ? -Infinity : 0);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const at = (y * width + x) * channels;
          for (let c = 0; c < channels; c++) {
            const cell = maps[at + c];
            if (!isMax) cells[c] += cell;
            else if (cell > cells[c]) cells[c] = cell;
          }
        }
      }
      const count = isMax ? 1 : (bottom - top) * (right - left);
      for (let c = 0; c < channels; c++) pooled[place + c] = cells[c] / count;
    }
  }
  return pooled;
}
