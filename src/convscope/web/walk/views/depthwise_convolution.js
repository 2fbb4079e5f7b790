/** Depthwise convolution: every map has its own filter, and maps are not mixed. */

import { element } from "convscope/kit/dom.js";
import { windowOf } from "convscope/kit/receptive.js";
import { stepBefore } from "convscope/walk/chain.js";
import { filterName, filters } from "convscope/walk/filters.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { outputMaps } from "convscope/walk/output_maps.js";
import { marginOf, outputSize, spokenWindowSum, windowSum } from "convscope/walk/window_sum.js";

/** @type {import("convscope/walk/view.js").Kind} */
export const depthwiseConvolution = {
  short: "depthwise",
  text: {
    does: "Each map has its own filter, which slides over this map alone: it looks for a spatial pattern and does not mix the maps.",
    attempt: "Choose another map: it has its own filter, and the window lies in that map only.",
    more: [
      "An ordinary convolution finds spatial patterns and mixes all maps in one step. Here the work is split: this step finds spatial patterns, and a convolution with 1 × 1 filters mixes the maps.",
      "This takes far fewer multiplications: with 3 × 3 filters and many maps, about a ninth.",
      "There are always as many feature maps as input maps.",
    ],
  },
  view: draw,
  mapNames: (_, [before]) => before.map_names,
};

/**
 * @param {import("convscope/walk/chain.js").DepthwiseConvolutionStep} step
 * @param {import("convscope/walk/view.js").Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const [map] = context.place;
  const input = inputMaps(stepBefore(step), context, { map, margin: marginOf(step) });
  const output = outputMaps(step, context);
  const middle = element("div", { class: "stack" });
  const folds = { terms: false };
  const drawn = { map, paint: input.paint, filterName: filterName(step, map) };
  return {
    input: input.nodes,
    middle: [middle, outputSize(step)],
    output: output.nodes,
    below: [filters(step, context)],
    show(place) {
      const [, row, column] = place;
      input.mark(windowOf(step, row, column));
      output.show(row, column);
      middle.replaceChildren(...windowSum(step, context, place, drawn, folds));
    },
    spoken: (place) => spokenWindowSum(step, place),
  };
}
