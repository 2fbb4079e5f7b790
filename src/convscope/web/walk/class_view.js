/**
 * Views of steps with one number per class: all three panes depend on the class selected.
 *
 * @typedef {import("convscope/kit/dom.js").Child} Child
 */

import { bars } from "convscope/kit/bars.js";
import { element, flat } from "convscope/kit/dom.js";

/**
 * Create a view that redraws its panes for each class.
 *
 * @param {(chosen: number) => Record<"input" | "middle" | "output", Child[]>} contents
 * @param {(chosen: number) => string} spoken
 * @returns {import("convscope/walk/view.js").View}
 */
export function classView(contents, spoken) {
  const input = element("div", { class: "stack" });
  const middle = element("div", { class: "stack" });
  const output = element("div", { class: "stack" });
  return {
    input: [input],
    middle: [middle],
    output: [output],
    show([chosen]) {
      const drawn = contents(chosen);
      input.replaceChildren(...flat(drawn.input));
      middle.replaceChildren(...flat(drawn.middle));
      output.replaceChildren(...flat(drawn.output));
    },
    spoken: ([chosen]) => spoken(chosen),
  };
}

/**
 * Return a function that draws one bar per class.
 *
 * @param {import("convscope/walk/view.js").Context} context
 * @param {number[]} order  the classes, in the order of their bars
 */
export function classBars({ chain, pick }, order) {
  /**
   * Draw the bars.
   *
   * @param {ArrayLike<number>} values  one per class
   * @param {number} chosen  the class to mark
   * @param {Omit<Parameters<typeof bars>[1], "chosen" | "onChoose"> & {picks?: boolean}} setting  `picks`:
   *   whether a click on a bar selects its class
   */
  return (values, chosen, { picks = false, ...setting }) =>
    bars(
      order.map((index) => ({ label: chain.classes[index], value: values[index] })),
      {
        ...setting,
        chosen: order.indexOf(chosen),
        onChoose: picks ? (place) => pick([order[place]]) : undefined,
      },
    );
}
