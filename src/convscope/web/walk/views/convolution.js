/** Convolution: a window slides over all input maps; each position gives one number of the feature map. */

import { largestFirst } from "convscope/kit/arrays.js";
import { stepBefore } from "convscope/walk/chain.js";
import { filterView } from "convscope/walk/filter_view.js";
import { shownMaps } from "convscope/walk/output_maps.js";
import { partsOf, shownParts } from "convscope/walk/window_sum.js";

/**
 * @typedef {import("convscope/walk/chain.js").ConvolutionStep} ConvolutionStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

/** @type {import("convscope/walk/view.js").Kind} */
export const convolution = {
  short: "conv",
  text: {
    does: "A filter (kernel, feature detector) slides over its input and adds up input times weight at each position: a large sum means that this place looks like what the filter looks for.",
    attempt:
      "Find the strongest cell of the feature map, then look at its window in the input. What made it strong?",
    more: [
      "One filter gives one feature map. Its weights are the same at every position, so a feature is found wherever it lies, with few weights.",
      "A filter spans all input channels at once: the sum has a subtotal for each channel, plus one bias.",
      "Most filters are learned in training, not designed. Early ones often respond to edges and colours, later ones to combinations of these.",
      "Strictly speaking this is cross-correlation, because the filter is not flipped. With learned weights it makes no difference.",
      "Padding adds a border of zeros around the input, so that cells at the edge get a full window too.",
    ],
  },
  view: draw,
  mapNames: ({ filter_names }) => filter_names,
};

/**
 * @param {ConvolutionStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const before = stepBefore(step);
  const parts = partsOf(step, context.place);
  const channel = chosenChannel(parts, context);
  const spanned = parts.length
    ? shownParts(parts, context.state).map(({ map }) => map)
    : shownMaps(before, context);
  return filterView(step, context, {
    map: channel,
    spanned,
    onChoose: (chosen) => context.set("channel", String(chosen)),
  });
}

/**
 * Return the input channel drawn large: the one in the address, otherwise the one that contributes most.
 *
 * @param {import("convscope/walk/window_sum.js").Part[]} parts
 * @param {Context} context
 */
function chosenChannel(parts, { state }) {
  const asked = Number(state.options.channel ?? NaN);
  if (Number.isInteger(asked) && asked >= 0 && asked < parts.length) return asked;
  return largestFirst(parts.map(({ subtotal }) => Math.abs(subtotal)))[0] ?? 0;
}
