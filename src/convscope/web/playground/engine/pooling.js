/** Pooling of one picture, forward and backward. Maps are (channels, height, width) in float32. */

/** @typedef {import("convscope/playground/engine/network.js").Step} Step */

/**
 * Return the input cells of each window. The last windows may extend beyond the map.
 *
 * @param {import("convscope/playground/engine/network.js").StepDescription} step
 */
export function windowCells({ inputShape: [maps, height, width], shape: [, rows, columns], window, stride }) {
  /** @type {Int32Array[]} */
  const cells = [];
  for (let map = 0; map < maps; map++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const covered = [];
        for (let y = row * stride[0]; y < Math.min(height, row * stride[0] + window[0]); y++) {
          for (let x = column * stride[1]; x < Math.min(width, column * stride[1] + window[1]); x++) {
            covered.push((map * height + y) * width + x);
          }
        }
        cells.push(Int32Array.from(covered));
      }
    }
  }
  return cells;
}

/**
 * Compute the maximum of each window.
 *
 * @param {Step} step
 * @param {Float32Array} x
 * @param {Float32Array} y
 */
export function poolMax({ cells }, x, y) {
  for (let place = 0; place < y.length; place++) y[place] = x[winner(cells[place], x)];
}

/**
 * Pass the whole gradient to the maximum of each window; of equal maxima, to the first.
 *
 * @param {Step} step
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array} dx
 */
export function poolMaxBack({ cells }, x, dy, dx) {
  for (let place = 0; place < dy.length; place++) {
    if (dy[place] !== 0) dx[winner(cells[place], x)] += dy[place];
  }
}

/**
 * Compute the mean of each window.
 *
 * @param {Step} step
 * @param {Float32Array} x
 * @param {Float32Array} y
 */
export function poolMean({ cells }, x, y) {
  for (let place = 0; place < y.length; place++) {
    let sum = 0;
    for (const cell of cells[place]) sum += x[cell];
    y[place] = sum / cells[place].length;
  }
}

/**
 * Distribute the gradient equally over the cells of each window.
 *
 * @param {Step} step
 * @param {Float32Array} _x
 * @param {Float32Array} dy
 * @param {Float32Array} dx
 */
export function poolMeanBack({ cells }, _x, dy, dx) {
  for (let place = 0; place < dy.length; place++) {
    const share = dy[place] / cells[place].length;
    for (const cell of cells[place]) dx[cell] += share;
  }
}

/**
 * Return the cell with the maximum; of equal maxima, the first.
 *
 * @param {Int32Array} cells
 * @param {Float32Array} x
 */
function winner(cells, x) {
  let best = cells[0];
  for (let place = 1; place < cells.length; place++) if (x[cells[place]] > x[best]) best = cells[place];
  return best;
}
