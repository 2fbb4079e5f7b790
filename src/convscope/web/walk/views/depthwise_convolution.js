/** Depthwise convolution: every map has its own filter, and maps are not mixed. */

import { filterView } from "convscope/walk/filter_view.js";

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
  view: (step, context) => filterView(step, context, { map: context.place[0] }),
  mapNames: (_, [before]) => before.map_names,
};
