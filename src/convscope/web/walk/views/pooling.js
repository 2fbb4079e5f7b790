/** Pooling: each window is reduced to its maximum or its mean. */

import { range } from "convscope/kit/arrays.js";
import { element, flat, link } from "convscope/kit/dom.js";
import { numberGrid } from "convscope/kit/grid.js";
import { NO_MARGIN } from "convscope/kit/maps.js";
import { resultNumber } from "convscope/kit/number.js";
import { count, percent, three } from "convscope/kit/numbers.js";
import { windowOf } from "convscope/kit/receptive.js";
import { format } from "convscope/kit/address.js";
import { mapName, stepBefore, valueAt } from "convscope/walk/chain.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { writtenMean } from "convscope/walk/mean.js";
import { outputMaps } from "convscope/walk/output_maps.js";
import { vector } from "convscope/walk/vector.js";

const MOST_CELLS = 64; // most cells of a window that is drawn as a grid of numbers

/**
 * @typedef {import("convscope/walk/chain.js").PoolingStep} PoolingStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/address.js").Place} Place
 */

/**
 * What differs between the kinds of pooling.
 *
 * @typedef {object} Rule
 * @property {string} spoken  what a window's number is called
 * @property {(step: PoolingStep, place: Place) => Place | null} winner  the cell that the number comes from,
 *   if it is a single one
 * @property {(step: PoolingStep, context: Context, cells: Place[], place: Place) => HTMLElement} arithmetic
 * @property {(step: PoolingStep) => string} kept  how much of the input reaches the output
 */

/** @type {import("convscope/walk/view.js").Kind} */
const maxPooling = {
  short: "max pool",
  text: {
    does: "Each window keeps only its largest number: the map shrinks, and the strongest evidence stays.",
    attempt: "Move from cell to cell and watch where the largest number sits.",
    more: [
      "It detects whether a feature appears anywhere in the window, and discards where exactly.",
      "Small shifts of the picture therefore change less, and later layers have fewer inputs.",
      "Windows that would extend beyond the edge are dropped or, in ceil mode, use only the cells that they cover.",
    ],
  },
  view: (step, context) => draw(step, context, MAXIMUM),
  title: titleOf,
  output: maxima,
  mapNames: (_, [before]) => before.map_names,
};

/** @type {import("convscope/walk/view.js").Kind} */
const averagePooling = {
  short: "avg pool",
  text: {
    does: "Each window gives the mean of its numbers: how strong a feature is on average.",
    attempt: "Compare a window with one strong cell to an even one.",
    more: [
      "Max pooling asks whether a feature is there at all; average pooling asks how much of it there is.",
      "It has no weights, and it is linear.",
      "If one window covers the whole map, this is global average pooling: each map becomes one number, and the size of the picture no longer matters.",
    ],
  },
  view: (step, context) => draw(step, context, MEAN),
  title: titleOf,
  mapNames: (_, [before]) => before.map_names,
};

/** All kinds of pooling. @type {Record<string, import("convscope/walk/view.js").Kind>} */
export const POOLINGS = { max_pooling: maxPooling, average_pooling: averagePooling };

/** @type {Rule} */
const MAXIMUM = { spoken: "largest", winner: winnerOf, arithmetic: maximum, kept: keptByMaximum };

/** @type {Rule} */
const MEAN = { spoken: "mean", winner: () => null, arithmetic: mean, kept: () => "" };

/**
 * @param {PoolingStep} step
 * @param {Context} context
 * @param {Rule} rule
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context, rule) {
  const before = stepBefore(step);
  const inputs = element("div", { class: "seen" });
  const output = isOneCell(step) ? singles(step, context) : outputMaps(step, context);
  const middle = element("div", { class: "stack" });
  let drawn = -1;
  let input = inputMaps(before, context, { map: context.place[0], margin: overhang(step) });
  return {
    input: [inputs],
    middle: [middle, counts(step, context, rule), sizes(step)],
    output: output.nodes,
    show(place) {
      const [map, row, column] = place;
      if (map !== drawn) {
        input = inputMaps(before, context, { map, margin: overhang(step) });
        inputs.replaceChildren(...flat(input.nodes));
        drawn = map;
      }
      input.mark(windowAt(step, row, column));
      output.show(row, column, map);
      const winner = rule.winner(step, place);
      if (winner) input.large.outline("winner", { top: winner[1], left: winner[2], height: 1, width: 1 });
      middle.replaceChildren(...arithmetic(step, context, place, rule));
    },
    spoken: (place) =>
      `${rule.spoken} of ${cellsOf(step, place).length} cells is ${three(valueAt(step, place))}`,
  };
}

/** Return the title of a pooling; it is global if its window is the whole map. @param {PoolingStep} raw */
function titleOf({ name, kind, shape, window, stride }) {
  const text = name.replaceAll("_", " ");
  const isGlobal = shape[1] * shape[2] === 1 && window.every((side, axis) => side === stride[axis]);
  return isGlobal ? text.replace(kind.replaceAll("_", " "), `global ${kind.replaceAll("_", " ")}`) : text;
}

/** Whether each map is reduced to a single number. @param {PoolingStep} step */
function isOneCell({ shape: [, rows, columns] }) {
  return rows * columns === 1;
}

/**
 * Draw the output if each map is reduced to a single number.
 *
 * @param {PoolingStep} step
 * @param {Context} context
 */
function singles(step, context) {
  const output = vector(step, context, "output");
  return {
    nodes: output.nodes,
    /** @param {number} _row @param {number} _column @param {number} map */
    show: (_row, _column, map) => output.mark(map),
  };
}

/**
 * @param {PoolingStep} step
 * @param {Context} context
 * @param {Place} place
 * @param {Rule} rule
 */
function arithmetic(step, context, place, rule) {
  const inside = cellsOf(step, place);
  const grid = inside.length <= MOST_CELLS ? [windowGrid(step, context, place, rule)] : [];
  return [...grid, rule.arithmetic(step, context, inside, place)];
}

/**
 * @param {PoolingStep} step
 * @param {Context} context
 * @param {Place} place
 * @param {Rule} rule
 */
function windowGrid(step, context, place, rule) {
  const before = stepBefore(step);
  const winner = rule.winner(step, place);
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
  return numberGrid(
    {
      caption: `window of ${mapName(before, map)}`,
      role: "input",
      cells,
      columns: width,
      limit: before.limit,
    },
    context.theme,
  );
}

/** @type {Rule["arithmetic"]} */
function maximum(step, context, _, place) {
  const before = stepBefore(step);
  const winner = winnerOf(step, place);
  return element(
    "p",
    { class: "equation" },
    "the largest is ",
    resultNumber(valueAt(step, place)),
    ", at ",
    link(context.backTo({ step: before.name, place: winner }), `(${winner[1]}, ${winner[2]})`),
  );
}

/** @type {Rule["arithmetic"]} */
function mean(step, _, cells, place) {
  const before = stepBefore(step);
  const rows = [...new Set(cells.map(([, row]) => row))];
  const values = rows.map((row) =>
    cells.filter((cell) => cell[1] === row).map((cell) => valueAt(before, cell)),
  );
  return writtenMean(values, rows, valueAt(step, place), Boolean(before.output.scales));
}

/**
 * @param {PoolingStep} step
 * @param {Context} context
 * @param {Rule} rule
 */
function counts(step, context, rule) {
  const before = stepBefore(step);
  const [inside, outside] = [before.output.data.length, step.output.data.length];
  return element(
    "div",
    { class: "stack" },
    element("p", {}, `${count(inside)} numbers go in and ${count(outside)} come out. ${rule.kept(step)}`),
    context.chain.invariance.length > 0 &&
      element(
        "p",
        {},
        "Does it matter where exactly a feature lies? ",
        link(
          format({ ...context.state, trail: [{ step: "invariance", place: [] }] }),
          "Move the picture and see.",
        ),
      ),
  );
}

/** @param {PoolingStep} step */
function sizes({ output_size }) {
  return element(
    "details",
    {},
    element("summary", {}, "Size of the maps"),
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
 * Return the cells of a window that lie inside the map.
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
 * Return the cell with the maximum of its window.
 *
 * @param {PoolingStep} step
 * @param {Place} place
 * @returns {Place}
 */
function winnerOf(step, place) {
  const { top, left, width } = windowAt(step, place[1], place[2]);
  const index = valueAt({ ...step, output: winnersOf(step) }, place);
  return [place[0], top + Math.floor(index / width), left + (index % width)];
}

/** @param {PoolingStep} step */
function winnersOf({ name, winners }) {
  if (!winners) throw new RangeError(`the walk does not say which cells are the largest in ${name}`);
  return winners;
}

/** @param {PoolingStep} step */
function keptByMaximum({ kept_fraction, lost_fraction }) {
  const kept = `${percent(kept_fraction)} of them are the largest of some window.`;
  return typeof lost_fraction === "number"
    ? `${kept} The others made up ${percent(lost_fraction)} of the maps' total.`
    : kept;
}

/**
 * Return the values of the cells that the walk lists as maxima.
 *
 * @param {PoolingStep} step
 * @param {import("convscope/walk/chain.js").Step[]} sources
 * @returns {import("convscope/kit/arrays.js").Tensor}
 */
function maxima(step, [{ output: input }]) {
  const { window, stride } = step;
  const { shape, data } = winnersOf(step);
  const [, height, width] = shape;
  const [, rows, columns] = input.shape;
  const numbers = new Float64Array(data.length);
  for (let place = 0; place < numbers.length; place++) {
    const map = Math.floor(place / (height * width));
    const row = (Math.floor(place / width) % height) * stride[0] + Math.floor(data[place] / window[1]);
    const column = (place % width) * stride[1] + (data[place] % window[1]);
    numbers[place] = input.data[(map * rows + row) * columns + column];
  }
  return { shape, data: numbers, scales: input.scales };
}

/** @param {PoolingStep} step */
function overhang(step) {
  const before = stepBefore(step);
  const last = windowAt(step, step.shape[1] - 1, step.shape[2] - 1);
  const bottom = Math.max(0, last.top + last.height - before.shape[1]);
  const right = Math.max(0, last.left + last.width - before.shape[2]);
  return bottom + right > 0 ? { ...NO_MARGIN, bottom, right } : NO_MARGIN;
}
