/**
 * All filters of a step as pictures.
 *
 * @typedef {import("convscope/walk/window_sum.js").FilterStep} FilterStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { three } from "convscope/kit/numbers.js";
import { filterPicture } from "convscope/walk/filter_picture.js";
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
 * Draw every filter as a picture, with one tile of weights per input channel.
 *
 * @param {FilterStep} step
 * @param {Context} context
 */
export function filters(step, context) {
  const count = step.shape[0];
  const limit = limitOf(step.filters.data);
  const drawn = (/** @type {number} */ filter) =>
    filterPicture(step.filters, rowOfFilter(step, filter), limit, context.theme);
  const shown = shownMaps(step, context)
    .filter((filter) => rowOfFilter(step, filter) >= 0)
    .sort((one, other) => one - other);
  const all = gallery(
    {
      maps: shown,
      ...drawn(shown[0] ?? 0),
      side: 96,
      paint: (filter) => drawn(filter).paint,
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
    element(
      "h2",
      {},
      more > 0 ? `${shown.length} of ${count} filters` : count === 1 ? "The filter" : `All ${count} filters`,
    ),
    element(
      "p",
      { class: "quiet" },
      weightsText(step),
      more > 0 && " These are the filters of maps shown above.",
    ),
    all.element,
  );
}
