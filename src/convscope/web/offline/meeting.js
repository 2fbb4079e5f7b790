/**
 * Layers with several inputs: addition cell by cell, and concatenation of maps.
 *
 * @typedef {import("convscope/offline/network.js").Shape} Shape
 * @typedef {import("convscope/offline/network.js").Run} Run
 */

/** @returns {Run} */
export function openAddition() {
  return (block, shortcut) => {
    const sum = new Float32Array(block.length);
    for (let place = 0; place < sum.length; place++) sum[place] = block[place] + shortcut[place];
    return sum;
  };
}

/**
 * @param {import("convscope/offline/network.js").Meeting} layer
 * @param {Shape[]} inputs
 * @returns {Run}
 */
export function openJoining({ output: [height, width, channels] }, inputs) {
  return (...parts) => {
    const joined = new Float32Array(height * width * channels);
    let first = 0;
    parts.forEach((part, index) => {
      const count = inputs[index][2];
      for (let cell = 0; cell < height * width; cell++) {
        joined.set(part.subarray(cell * count, (cell + 1) * count), cell * channels + first);
      }
      first += count;
    });
    return joined;
  };
}
