/** Convolution of one picture, forward and backward. Maps are (channels, height, width) in float32. */

/** @typedef {import("convscope/playground/engine/network.js").Step} Step */

/**
 * Compute y[o] = bias[o] + the sum over the input maps of each window times the filter. Rows of zeros, which
 * are common in drawings, are skipped.
 *
 * @param {Step} step
 * @param {Float32Array} x
 * @param {Float32Array} y
 */
export function convolve(step, x, y) {
  const [inputs, height, width] = step.inputShape;
  const [outputs, rows, columns] = step.shape;
  const { window, stride, padding, bias } = step;
  const isBlank = blankRows(x, inputs * height, width);
  for (let o = 0; o < outputs; o++) {
    const map = o * rows * columns;
    y.fill(bias[o], map, map + rows * columns);
    for (let i = 0; i < inputs; i++) {
      for (let down = 0; down < window[0]; down++) {
        const filterRow = ((o * inputs + i) * window[0] + down) * window[1];
        for (let row = 0; row < rows; row++) {
          const top = row * stride[0] - padding[0] + down;
          if (top < 0 || top >= height || isBlank[i * height + top]) continue;
          addRow(y, map + row * columns, columns, x, (i * height + top) * width, width, filterRow, step);
        }
      }
    }
  }
}

/**
 * Add the contribution of one input row and one filter row to one row of a map.
 *
 * @param {Float32Array} y
 * @param {number} to  offset of the map's row
 * @param {number} columns
 * @param {Float32Array} x
 * @param {number} from  offset of the input row
 * @param {number} width
 * @param {number} filterRow
 * @param {Step} step
 */
function addRow(y, to, columns, x, from, width, filterRow, { weight, window, stride, padding }) {
  for (let across = 0; across < window[1]; across++) {
    const w = weight[filterRow + across];
    const shift = across - padding[1];
    const first = Math.max(0, Math.ceil(-shift / stride[1]));
    const end = Math.min(columns, Math.floor((width - 1 - shift) / stride[1]) + 1);
    let source = from + first * stride[1] + shift;
    for (let column = first; column < end; column++, source += stride[1]) y[to + column] += w * x[source];
  }
}

/**
 * Accumulate the gradients of filters, biases and, unless dx is null, the input. Zeros in dy, the majority
 * after pooling and ReLU, are skipped.
 *
 * @param {Step} step
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array | null} dx  initially 0
 */
export function convolveBack(step, x, dy, dx) {
  const [outputs, rows, columns] = step.shape;
  const { stride, padding, biasGradient } = step;
  for (let o = 0, place = 0; o < outputs; o++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, place++) {
        const g = dy[place];
        if (g === 0) continue;
        biasGradient[o] += g;
        spread(step, x, dx, g, o, row * stride[0] - padding[0], column * stride[1] - padding[1]);
      }
    }
  }
}

/**
 * Propagate the gradient of one output cell to its window and its filter.
 *
 * @param {Step} step
 * @param {Float32Array} x
 * @param {Float32Array | null} dx
 * @param {number} g
 * @param {number} o  the output map
 * @param {number} top  of the window
 * @param {number} left
 */
function spread({ inputShape, window, weight, weightGradient }, x, dx, g, o, top, left) {
  const [inputs, height, width] = inputShape;
  const [high, wide] = window;
  const [firstRow, endRow] = [Math.max(0, -top), Math.min(high, height - top)];
  const [firstColumn, endColumn] = [Math.max(0, -left), Math.min(wide, width - left)];
  for (let i = 0; i < inputs; i++) {
    for (let down = firstRow; down < endRow; down++) {
      const filterRow = ((o * inputs + i) * high + down) * wide;
      const inputRow = (i * height + top + down) * width + left;
      for (let across = firstColumn; across < endColumn; across++) {
        weightGradient[filterRow + across] += g * x[inputRow + across];
        if (dx) dx[inputRow + across] += g * weight[filterRow + across];
      }
    }
  }
}

/**
 * Find the rows that contain only zeros.
 *
 * @param {Float32Array} x
 * @param {number} rows
 * @param {number} width
 */
function blankRows(x, rows, width) {
  const isBlank = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    let place = row * width;
    const end = place + width;
    while (place < end && x[place] === 0) place++;
    isBlank[row] = Number(place === end);
  }
  return isBlank;
}
