/** The view of steps whose filters slide over maps: the window, the sum over it, and the feature map. */

import { element } from "convscope/kit/dom.js";
import { windowOf } from "convscope/kit/receptive.js";
import { stepBefore } from "convscope/walk/chain.js";
import { filterName, filters } from "convscope/walk/filters.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { outputMaps } from "convscope/walk/output_maps.js";
import { marginOf, outputSize, spokenWindowSum, windowSum } from "convscope/walk/window_sum.js";

/**
 * Draw the view.
 *
 * @param {import("convscope/walk/window_sum.js").FilterStep} step
 * @param {import("convscope/walk/view.js").Context} context
 * @param {Omit<Parameters<typeof inputMaps>[2], "margin">} shown  the input map drawn large, and the others
 * @returns {import("convscope/walk/view.js").View}
 */
export function filterView(step, context, shown) {
  const input = inputMaps(stepBefore(step), context, { ...shown, margin: marginOf(step) });
  const output = outputMaps(step, context);
  const middle = element("div", { class: "stack" });
  const folds = { terms: false };
  const drawn = { map: shown.map, paint: input.paint, filterName: filterName(step, context.place[0]) };
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
