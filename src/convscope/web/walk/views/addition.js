/** Addition: a shortcut. The output of a block and its input are added cell by cell. */

import { limitOf } from "convscope/kit/colours.js";
import { element, link } from "convscope/kit/dom.js";
import { number, resultNumber } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { format } from "convscope/kit/address.js";
import { valueAt } from "convscope/walk/chain.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { outputMaps } from "convscope/walk/output_maps.js";

/**
 * @typedef {import("convscope/walk/chain.js").AdditionStep} AdditionStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 */

const SHARE = 0.28; // fraction of the screen height for each of the two input maps

/** @type {import("convscope/walk/view.js").Kind} */
export const addition = {
  short: "add",
  text: {
    does: "A shortcut (residual connection): what went into the block is added to what came out of it, cell by cell.",
    attempt: "Find a cell where the block changes little, and one where it changes much.",
    more: [
      "So a block only has to learn what to change. If all its weights were 0, the maps would pass unchanged.",
      "During training, the gradient flows back along both paths, and along the shortcut it does so undiminished. This makes very deep networks trainable.",
      "Every number here is the sum of two, and the trail can follow either of them.",
    ],
  },
  view: draw,
  output: (_, sources) => added(sources.map(({ output }) => output)),
  limit: (sources, { data }) => Math.max(limitOf(data), ...sources.map(({ limit }) => limit)),
  mapNames: (_, sources) => sources[1].map_names,
};

/**
 * @param {AdditionStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const [block, shortcut] = step.sources;
  const [map] = context.place;
  const setting = { map, limit: step.limit, tallest: innerHeight * SHARE };
  const fromBlock = inputMaps(block, context, { ...setting, title: `the block: ${block.title}, map ${map}` });
  const around = inputMaps(shortcut, context, {
    ...setting,
    title: `the shortcut: ${shortcut.title}, map ${map}`,
  });
  const output = outputMaps(step, context);
  const middle = element("div", { class: "stack" });
  return {
    input: [...fromBlock.nodes, ...around.nodes],
    middle: [middle, ways(step, context)],
    output: output.nodes,
    show(place) {
      const [, row, column] = place;
      const cell = { top: row, left: column, height: 1, width: 1 };
      fromBlock.mark(cell);
      around.mark(cell);
      output.show(row, column);
      middle.replaceChildren(...arithmetic(step, context, place));
    },
    spoken: (place) =>
      `block ${three(valueAt(block, place))} plus shortcut ${three(valueAt(shortcut, place))} is ${three(valueAt(step, place))}`,
  };
}

/**
 * @param {AdditionStep} step
 * @param {Context} context
 * @param {number[]} place
 */
function arithmetic(step, context, place) {
  const [block, shortcut] = step.sources.map((source) =>
    element(
      "span",
      { class: "input" },
      link(context.backTo({ step: source.name, place }), number(valueAt(source, place))),
    ),
  );
  return [
    element(
      "p",
      { class: "equation" },
      block,
      " (block) + ",
      shortcut,
      " (shortcut) = ",
      resultNumber(valueAt(step, place)),
    ),
  ];
}

/**
 * @param {Tensor[]} maps
 * @returns {Tensor}
 */
function added([block, shortcut]) {
  return {
    shape: block.shape,
    data: Float64Array.from(block.data, (value, place) => value + shortcut.data[place]),
  };
}

/**
 * Link to the sources of the two maps.
 *
 * @param {AdditionStep} step
 * @param {Context} context
 */
function ways({ sources: [block, shortcut] }, { state }) {
  const to = (/** @type {import("convscope/walk/chain.js").Step} */ { name, title }) =>
    link(format({ ...state, trail: [{ step: name, place: [] }] }), title);
  return element(
    "p",
    {},
    "The block ends with ",
    to(block),
    ". The shortcut comes from ",
    to(shortcut),
    ", which is also what the block reads.",
  );
}
