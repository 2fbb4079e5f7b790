/**
 * A filter as a picture: one tile of weights per channel. The channels of a picture are stacked, more
 * channels form a square.
 */

import { mapOf } from "convscope/kit/arrays.js";
import { signedPaint } from "convscope/kit/maps.js";

/**
 * Return the picture of a filter.
 *
 * @param {import("convscope/kit/arrays.js").Tensor} filters  (filters, channels, height, width)
 * @param {number} index  of the filter among those the walk contains
 * @param {number} limit  limit of the colour scale
 * @param {import("convscope/kit/colours.js").Theme} theme
 * @returns {{height: number, width: number, paint: import("convscope/kit/maps.js").Paint}}
 */
export function filterPicture({ shape: [held, channels, rows, columns], data }, index, limit, theme) {
  const tiles = channels <= 3 ? 1 : Math.ceil(Math.sqrt(channels));
  const width = tiles * (columns + 1) - 1;
  const height = Math.ceil(channels / tiles) * (rows + 1) - 1;
  const paint = signedPaint(
    mapOf({ shape: [held, channels * rows * columns, 1], data }, index),
    limit,
    theme,
  );
  return {
    height,
    width,
    paint(place) {
      const [y, x] = [Math.floor(place / width), place % width];
      const channel = Math.floor(y / (rows + 1)) * tiles + Math.floor(x / (columns + 1));
      const [row, column] = [y % (rows + 1), x % (columns + 1)];
      if (row === rows || column === columns || channel >= channels) return null;
      return paint((channel * rows + row) * columns + column);
    },
  };
}
