/** Pooling: every window gives its largest number, or its mean, and the rest is thrown away. */

import { range } from "convscope/kit/arrays.js";
import { element, link } from "convscope/kit/dom.js";
import { numberGrid } from "convscope/kit/grid.js";
import { NO_MARGIN } from "convscope/kit/maps.js";
import { number } from "convscope/kit/number.js";
import { count, percent, three } from "convscope/kit/numbers.js";
import { windowOf } from "convscope/kit/receptive.js";
import { format } from "convscope/kit/state.js";
import { stepBefore, valueAt } from "convscope/walk/chain.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { outputMaps } from "convscope/walk/output_maps.js";

/**
 * @typedef {import("convscope/walk/chain.js").PoolingStep} PoolingStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/state.js").Place} Place
 */

/**
 * @param {PoolingStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
export function pooling(step, context) {
  const before = stepBefore(step);
  const input = inputMaps(before, context, { map: context.place[0], all: false, margin: overhang(step) });
  const output = outputMaps(step, context);
  const middle = element("div", { class: "stack" });
  return {
    input: input.nodes,
    middle: [middle, losses(step), sizes(step)],
    output: output.nodes,
    show(place) {
      const [, row, column] = place;
      input.mark(windowAt(step, row, column));
      output.show(row, column);
      const winner = winnerOf(step, place);
      if (winner) input.large.outline("winner", { top: winner[1], left: winner[2], height: 1, width: 1 });
      middle.replaceChildren(...arithmetic(step, context, place));
    },
    spoken: (place) =>
      `${step.kind === "max_pooling" ? "largest" : "mean"} of ${cellsOf(step, place).length} cells is ${three(valueAt(step, place))}`,
  };
}

/**
 * @param {PoolingStep} step
 * @param {Context} context
 * @param {Place} place
 */
function arithmetic(step, context, place) {
  const before = stepBefore(step);
  const winner = winnerOf(step, place);
  const inside = cellsOf(step, place);
  const [map, row, column] = place;
  const { top, left, width, height } = windowAt(step, row, column);
  const cells = range(height * width).map((index) => {
    const at = [map, top + Math.floor(index / width), left + (index % width)];
    if (!inside.some((cell) => cell[1] === at[1] && cell[2] === at[2]))
      return { value: NaN, role: "padding" };
    const wins = winner !== null && winner[1] === at[1] && winner[2] === at[2];
    return {
      value: valueAt(before, at),
      role: wins ? "winner" : "",
      href: context.backTo({ step: before.name, place: at }),
    };
  });
  return [
    numberGrid(
      { caption: `window of map ${map}`, role: "input", cells, columns: width, limit: before.limit },
      context.theme,
    ),
    winner ? maximum(before, context, winner) : mean(step, inside, place),
  ];
}

/**
 * @param {import("convscope/walk/chain.js").Step} before
 * @param {Context} context
 * @param {Place} winner
 */
function maximum(before, context, winner) {
  return element(
    "p",
    { class: "equation" },
    "the largest is ",
    element("strong", { class: "output" }, number(valueAt(before, winner))),
    ", at ",
    link(context.backTo({ step: before.name, place: winner }), `(${winner[1]}, ${winner[2]})`),
  );
}

/**
 * @param {PoolingStep} step
 * @param {Place[]} cells
 * @param {Place} place
 */
function mean(step, cells, place) {
  const before = stepBefore(step);
  const total = cells.reduce((sum, cell) => sum + valueAt(before, cell), 0);
  return element(
    "p",
    { class: "equation" },
    number(total),
    ` / ${cells.length} = `,
    element("strong", { class: "output" }, number(valueAt(step, place))),
  );
}

/** @param {PoolingStep} step */
function losses(step) {
  const before = stepBefore(step);
  const [inside, outside] = [before.output.data.length, step.output.data.length];
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      {},
      `${count(inside)} numbers go in and ${count(outside)} come out.`,
      step.winners !== undefined && ` ${percent(step.kept_fraction)} of them win somewhere.`,
      typeof step.lost_fraction === "number" &&
        ` Those that win nowhere held ${percent(step.lost_fraction)} of the sum of the maps.`,
    ),
    element(
      "p",
      {},
      "Does it matter where exactly a feature lies? ",
      link(format({ trail: [{ step: "invariance", place: [] }], options: {} }), "Move the picture and see."),
    ),
  );
}

/** @param {PoolingStep} step */
function sizes({ output_size }) {
  return element(
    "details",
    {},
    element("summary", {}, "How large the maps become"),
    element("p", { class: "formula" }, "height ", output_size.height),
    element("p", { class: "formula" }, "width ", output_size.width),
  );
}

/**
 * @param {PoolingStep} step
 * @param {number} row
 * @param {number} column
 */
function windowAt({ window, stride }, row, column) {
  return windowOf({ window, stride, padding: [0, 0] }, row, column);
}

/**
 * The cells of a window that lie inside the map.
 *
 * @param {PoolingStep} step
 * @param {Place} place
 * @returns {Place[]}
 */
function cellsOf(step, [map, row, column]) {
  const [, rows, columns] = stepBefore(step).shape;
  const { top, left, height, width } = windowAt(step, row, column);
  return range(height * width)
    .map((index) => [map, top + Math.floor(index / width), left + (index % width)])
    .filter(([, y, x]) => y < rows && x < columns);
}

/**
 * @param {PoolingStep} step
 * @param {Place} place
 * @returns {Place | null}  null where no cell wins: an average has none
 */
function winnerOf(step, place) {
  if (!step.winners) return null;
  const { top, left, width } = windowAt(step, place[1], place[2]);
  const index = valueAt({ ...step, output: step.winners }, place);
  return [place[0], top + Math.floor(index / width), left + (index % width)];
}

/** @param {PoolingStep} step */
function overhang(step) {
  const before = stepBefore(step);
  const last = windowAt(step, step.shape[1] - 1, step.shape[2] - 1);
  const bottom = Math.max(0, last.top + last.height - before.shape[1]);
  const right = Math.max(0, last.left + last.width - before.shape[2]);
  return bottom + right > 0 ? { ...NO_MARGIN, bottom, right } : NO_MARGIN;
}
