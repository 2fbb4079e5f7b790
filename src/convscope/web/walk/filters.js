/**
 * Every filter of a step as a picture, one tile of weights for each map that it spans.
 *
 * @typedef {import("convscope/walk/window_sum.js").FilterStep} FilterStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

import { mapOf } from "convscope/kit/arrays.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { signedPaint } from "convscope/kit/maps.js";
import { three } from "convscope/kit/numbers.js";
import { shownMaps } from "convscope/walk/output_maps.js";
import { rowOfFilter } from "convscope/walk/window_sum.js";

/**
 * @param {FilterStep} step
 * @param {number} filter
 */
export function filterName(step, filter) {
  return `filter ${namesOf(step)?.[filter] ?? filter}`;
}

/** @param {FilterStep} step */
function namesOf(step) {
  return step.kind === "convolution" ? step.filter_names : null;
}

/** @param {FilterStep} step */
function weightsText({ kind, filters }) {
  const [count, channels, rows, columns] = filters.shape;
  const size = `${rows} × ${columns} weights`;
  if (count === 1 && channels === 1) return `It has ${size}.`;
  const one = kind === "depthwise_convolution" ? " for the map of the same number" : "";
  const many = channels > 1 ? " for every input channel, one tile per channel" : one;
  return `Each has ${size}${many}. Choose one to see its feature map.`;
}

/**
 * How a filter's channels are laid out: those of a picture below each other, more of them as a square.
 *
 * @param {number} channels
 */
function tiling(channels) {
  const width = channels <= 3 ? 1 : Math.ceil(Math.sqrt(channels));
  return { width, height: Math.ceil(channels / width) };
}

/**
 * Every filter as a picture: one tile of weights for each input channel.
 *
 * @param {FilterStep} step
 * @param {Context} context
 */
export function filters(step, context) {
  const [held, channels, rows, columns] = step.filters.shape;
  const count = step.shape[0];
  const tiles = tiling(channels);
  const width = tiles.width * (columns + 1) - 1;
  const height = tiles.height * (rows + 1) - 1;
  const limit = limitOf(step.filters.data);
  const size = channels * rows * columns;
  const shown = shownMaps(step, context)
    .filter((filter) => rowOfFilter(step, filter) >= 0)
    .sort((one, other) => one - other);
  const all = gallery(
    {
      maps: shown,
      height,
      width,
      side: 96,
      paint: (filter) => {
        const weights = mapOf({ shape: [held, size, 1], data: step.filters.data }, rowOfFilter(step, filter));
        const paint = signedPaint(weights, limit, context.theme);
        return (index) => weightAt(index, width, rows, columns, tiles.width, channels, paint);
      },
      caption: (filter) => namesOf(step)?.[filter] ?? String(filter),
      label: (filter) => `${filterName(step, filter)}, bias ${three(step.bias.data[filter])}`,
      onChoose: (filter) => context.pick([filter, ...context.place.slice(1)]),
    },
    context.theme,
  );
  all.choose(context.place[0]);
  const more = count - shown.length;
  return element(
    "section",
    {},
    element("h2", {}, more > 0 ? `${shown.length} of ${count} filters` : count === 1 ? "The filter" : `All ${count} filters`),
    element("p", { class: "quiet" }, weightsText(step), more > 0 && " These are the filters of maps shown above."),
    all.element,
  );
}

/**
 * The colour of a picture's cell: a weight, or nothing between the tiles.
 *
 * @param {number} index
 * @param {number} width
 * @param {number} rows
 * @param {number} columns
 * @param {number} tilesAcross
 * @param {number} channels
 * @param {import("convscope/kit/maps.js").Paint} paint
 */
function weightAt(index, width, rows, columns, tilesAcross, channels, paint) {
  const [y, x] = [Math.floor(index / width), index % width];
  const channel = Math.floor(y / (rows + 1)) * tilesAcross + Math.floor(x / (columns + 1));
  const [row, column] = [y % (rows + 1), x % (columns + 1)];
  if (row === rows || column === columns || channel >= channels) return null;
  return paint((channel * rows + row) * columns + column);
}
