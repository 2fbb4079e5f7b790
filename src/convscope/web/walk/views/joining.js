/** Joining: the maps of several steps are concatenated. */

import { range } from "convscope/kit/arrays.js";
import { element, head, link } from "convscope/kit/dom.js";
import { format } from "convscope/kit/address.js";
import { number } from "convscope/kit/number.js";
import { count, three } from "convscope/kit/numbers.js";
import { valueAt } from "convscope/walk/chain.js";
import { vector } from "convscope/walk/vector.js";

/**
 * @typedef {import("convscope/walk/chain.js").JoiningStep} JoiningStep
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

/** @type {import("convscope/walk/view.js").Kind} */
export const joining = {
  short: "join",
  text: {
    does: "The maps of several steps are put side by side (concatenated). Nothing is computed and nothing is lost.",
    attempt: "Choose a number and go back to the step it comes from.",
    more: [
      "Here they are means of maps from several depths. Early maps respond to edges, colours and textures, late ones to whole objects. The output layer uses all of them at once.",
    ],
  },
  view: draw,
  output: ({ shape }, sources) => ({
    shape,
    data: Float64Array.from(sources.flatMap(({ output }) => Array.from(output.data))),
  }),
  limit: (sources) => Math.max(...sources.map(({ limit }) => limit)),
};

/**
 * Return the step and the map that a joined map comes from.
 *
 * @param {JoiningStep} step
 * @param {number} map
 * @returns {{source: Step, map: number}}
 */
function originOf({ sources }, map) {
  let rest = map;
  for (const source of sources) {
    if (rest < source.shape[0]) return { source, map: rest };
    rest -= source.shape[0];
  }
  throw new RangeError(`no step gives map ${map}`);
}

/**
 * @param {JoiningStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const inputs = step.sources.map((source) =>
    vector(
      source,
      context,
      "input",
      (index) => context.back({ step: source.name, place: [index, 0, 0] }),
      step.limit,
    ),
  );
  const output = vector(step, context, "output");
  const middle = element("div", { class: "stack" });
  return {
    input: step.sources.flatMap(({ title }, index) => [element("h3", {}, title), ...inputs[index].nodes]),
    middle: [middle, table(step, context)],
    output: output.nodes,
    show([chosen]) {
      const { source, map } = originOf(step, chosen);
      step.sources.forEach((one, index) => inputs[index].mark(one === source ? map : null));
      output.mark(chosen);
      middle.replaceChildren(origin(step, context, chosen));
    },
    spoken([chosen]) {
      const { source, map } = originOf(step, chosen);
      return `map ${map} of ${source.title}: ${three(valueAt(step, [chosen, 0, 0]))}`;
    },
  };
}

/**
 * @param {JoiningStep} step
 * @param {Context} context
 * @param {number} chosen
 */
function origin(step, context, chosen) {
  const { source, map } = originOf(step, chosen);
  return element(
    "p",
    { class: "equation" },
    "map ",
    element("strong", { class: "output" }, String(chosen)),
    " is ",
    link(context.backTo({ step: source.name, place: [map, 0, 0] }), `map ${map} of ${source.title}`),
    ": ",
    number(valueAt(step, [chosen, 0, 0])),
  );
}

/**
 * List which maps come from which step.
 *
 * @param {JoiningStep} step
 * @param {Context} context
 */
function table({ sources }, { state }) {
  const starts = range(sources.length).map((place) =>
    sources.slice(0, place).reduce((total, { shape }) => total + shape[0], 0),
  );
  const to = (/** @type {Step} */ { name, sources: [pooled] }) =>
    link(format({ ...state, trail: [{ step: name, place: [] }] }), pooled.title);
  return element(
    "table",
    { class: "figures" },
    head(["means of", "maps", "joined as"]),
    element(
      "tbody",
      {},
      sources.map((source, index) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, to(source)),
          element("td", {}, count(source.shape[0])),
          element("td", {}, `${count(starts[index])} to ${count(starts[index] + source.shape[0] - 1)}`),
        ),
      ),
    ),
  );
}
