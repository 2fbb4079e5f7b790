/**
 * Trace a cell back to its inputs: windows, cells, and the pixels of its receptive field.
 *
 * @typedef {{top: number, left: number, height: number, width: number}} Rectangle  in cells; top and left may
 *   be negative
 * @typedef {{window: [number, number], stride: [number, number], padding: [number, number]}} Windows
 * @typedef {{size: [number, number], stride: [number, number], start: [number, number]}} ReceptiveField
 */

/**
 * Return the input window of an output cell, padding included.
 *
 * @param {Windows} windows
 * @param {number} row
 * @param {number} column
 * @returns {Rectangle}
 */
export function windowOf({ window, stride, padding }, row, column) {
  return {
    top: row * stride[0] - padding[0],
    left: column * stride[1] - padding[1],
    height: window[0],
    width: window[1],
  };
}

/**
 * Return the receptive field of a cell: the pixels it depends on.
 *
 * @param {ReceptiveField} field
 * @param {number} row
 * @param {number} column
 * @param {number} height  of the picture
 * @param {number} width
 * @returns {Rectangle}
 */
export function pixelsOf({ size, stride, start }, row, column, height, width) {
  return cut(
    {
      top: start[0] + row * stride[0],
      left: start[1] + column * stride[1],
      height: size[0],
      width: size[1],
    },
    height,
    width,
  );
}

/**
 * Clip a rectangle to a map.
 *
 * @param {Rectangle} rectangle
 * @param {number} height
 * @param {number} width
 * @returns {Rectangle}
 */
export function cut(rectangle, height, width) {
  const top = Math.max(0, rectangle.top);
  const left = Math.max(0, rectangle.left);
  const bottom = Math.min(height, rectangle.top + rectangle.height);
  const right = Math.min(width, rectangle.left + rectangle.width);
  return { top, left, height: Math.max(0, bottom - top), width: Math.max(0, right - left) };
}

/**
 * Return the [map, row, column] of an index into the flattened maps.
 *
 * @param {number} index
 * @param {number[]} shape  (maps, height, width)
 * @returns {[number, number, number]}
 */
export function cellOfIndex(index, [, height, width]) {
  return [Math.floor(index / (height * width)), Math.floor(index / width) % height, index % width];
}

/**
 * Return the index of a cell after flattening: (map * height + row) * width + column.
 *
 * @param {number[]} place  [map, row, column]
 * @param {number[]} shape  (maps, height, width)
 */
export function indexOfCell([map, row, column], [, height, width]) {
  return (map * height + row) * width + column;
}
