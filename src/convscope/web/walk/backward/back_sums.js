/**
 * How the gradient at an input is computed: the gradients at all outputs that use the input, times the
 * weights.
 */

import { element } from "convscope/kit/dom.js";
import { mapName, stepBefore } from "convscope/walk/chain.js";
import { rowOfFilter } from "convscope/walk/window_sum.js";
import { cellText, valueOf } from "convscope/walk/backward/arriving.js";
import { termTable } from "convscope/walk/backward/terms.js";

/**
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/backward/terms.js").Term} Term
 * @typedef {import("convscope/walk/window_sum.js").FilterStep} FilterStep
 */

/**
 * Explain the gradient at one cell of the input.
 *
 * @param {FilterStep} step
 * @param {Back} back
 * @param {number[]} cell  of the input
 */
export function backToCell(step, { own }, cell) {
  const before = stepBefore(step);
  const { terms, isWhole } = termsTo(step, own.at_output, cell);
  const held = valueOf(own.at_inputs[0], cell);
  const known = terms.reduce((sum, { gradient, other }) => sum + gradient * other, 0);
  return [
    element("h3", { class: "input" }, `Back to ${mapName(before, cell[0])} ${cellText(cell)}`),
    element(
      "p",
      { class: "quiet" },
      "Gradient at every output whose window covered this cell, times the weight on it.",
    ),
    termTable(terms, {
      from: "filter, output cell",
      other: "weight",
      held,
      rest: isWhole ? 0 : held - known,
    }),
  ];
}

/**
 * @param {FilterStep} step
 * @param {import("convscope/kit/arrays.js").Tensor} atOutput
 * @param {number[]} cell
 */
function termsTo(step, atOutput, [channel, row, column]) {
  const { window, stride, padding, shape, filters } = step;
  const isDepthwise = step.kind === "depthwise_convolution";
  /** @type {Term[]} */
  const terms = [];
  let isWhole = true;
  for (let filter = isDepthwise ? channel : 0; filter < (isDepthwise ? channel + 1 : shape[0]); filter++) {
    const held = rowOfFilter(step, filter);
    if (held < 0) {
      isWhole = false;
      continue;
    }
    const first = (held * filters.shape[1] + (isDepthwise ? 0 : channel)) * window[0] * window[1];
    for (let i = 0; i < window[0]; i++) {
      const y = (row + padding[0] - i) / stride[0];
      if (!Number.isInteger(y) || y < 0 || y >= shape[1]) continue;
      for (let j = 0; j < window[1]; j++) {
        const x = (column + padding[1] - j) / stride[1];
        if (!Number.isInteger(x) || x < 0 || x >= shape[2]) continue;
        const gradient = valueOf(atOutput, [filter, y, x]);
        terms.push({
          from: `${filter} (${y}, ${x})`,
          gradient,
          other: filters.data[first + i * window[1] + j],
        });
      }
    }
  }
  return { terms, isWhole };
}

/**
 * @param {import("convscope/walk/chain.js").FullConnectionStep} step
 * @param {Back} back
 * @param {number} input
 */
export function backToInput(step, { own, context }, input) {
  const { weights } = step;
  const title = element("h3", { class: "input" }, `Back to number ${input}`);
  if (!weights)
    return [title, element("p", { class: "check" }, "This walk does not contain all weights of this step.")];
  const isOutput =
    context.chain.classes.length === step.shape[0] && step.shape[0] === own.at_output.data.length;
  const terms = Array.from(own.at_output.data, (gradient, neuron) => ({
    from: isOutput ? (context.chain.classes[neuron] ?? String(neuron)) : String(neuron),
    gradient,
    other: weights.data[neuron * weights.shape[1] + input],
  }));
  return [
    title,
    element("p", { class: "quiet" }, "Gradient at every neuron that read this number, times its weight."),
    termTable(terms, { from: "neuron", other: "weight", held: own.at_inputs[0].data[input] }),
  ];
}
