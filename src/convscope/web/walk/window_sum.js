/**
 * The sum behind one cell of a convolution: a window of each input map that its filter spans, times the weights.
 *
 * @typedef {import("convscope/walk/chain.js").ConvolutionStep} ConvolutionStep
 * @typedef {import("convscope/walk/chain.js").DepthwiseConvolutionStep} DepthwiseConvolutionStep
 * @typedef {ConvolutionStep | DepthwiseConvolutionStep} FilterStep
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/address.js").Place} Place
 *
 * @typedef {{row: number, column: number, inside: boolean, value: number, weight: number}} Term
 * @typedef {{map: number, terms: Term[], subtotal: number}} Part  what one input map adds
 */

import { largestFirst, range } from "convscope/kit/arrays.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { numberGrid } from "convscope/kit/grid.js";
import { NO_MARGIN } from "convscope/kit/maps.js";
import { number } from "convscope/kit/number.js";
import { count } from "convscope/kit/numbers.js";
import { windowOf } from "convscope/kit/receptive.js";
import { mapName, stepBefore, valueAt } from "convscope/walk/chain.js";
import { spokenSum, sum } from "convscope/walk/sum.js";

const MOST_PARTS = 24;

/**
 * The input maps that a filter spans: all, or its own alone where the convolution is depthwise.
 *
 * @param {FilterStep} step
 * @param {number} filter
 */
function mapsUnder(step, filter) {
  return step.kind === "depthwise_convolution" ? [filter] : range(stepBefore(step).shape[0]);
}

/**
 * Which of the filters that the walk holds is that of a map; −1 if it holds none.
 *
 * @param {FilterStep} step
 * @param {number} filter
 */
export function rowOfFilter({ held }, filter) {
  return held ? held.indexOf(filter) : filter;
}

/**
 * What each input map adds to a cell; nothing is known where the walk does not hold the filter.
 *
 * @param {FilterStep} step
 * @param {Place} place
 * @returns {Part[]}
 */
export function partsOf(step, place) {
  if (rowOfFilter(step, place[0]) < 0) return [];
  return mapsUnder(step, place[0]).map((map, nth) => {
    const terms = termsOf(step, place, map, nth);
    return { map, terms, subtotal: terms.reduce((total, { value, weight }) => total + value * weight, 0) };
  });
}

/**
 * The parts that there is room for: all, or of many those that add most, the largest first.
 *
 * @param {Part[]} parts
 */
export function shownParts(parts) {
  if (parts.length <= MOST_PARTS) return parts;
  const order = largestFirst(parts.map(({ subtotal }) => Math.abs(subtotal)));
  return order.slice(0, MOST_PARTS).map((place) => parts[place]);
}

/**
 * Window, filter and products of one input map, and the whole sum as a column.
 *
 * @param {FilterStep} step
 * @param {Context} context
 * @param {Place} place
 * @param {number} map  whose window and filter are drawn
 * @param {Set<number>} open  the maps whose products are unfolded
 * @param {string} filterName
 */
export function windowSum(step, context, place, map, open, filterName) {
  const before = stepBefore(step);
  const parts = partsOf(step, place);
  if (parts.length === 0) return [absent(step, place)];
  const drawn = parts.find((part) => part.map === map) ?? parts[0];
  const shown = shownParts(parts);
  const bias = step.bias.data[place[0]];
  const total = parts.reduce((result, { subtotal }) => result + subtotal, 0);
  const rest = total - shown.reduce((result, { subtotal }) => result + subtotal, 0);
  const to = (/** @type {number} */ of, /** @type {Term} */ { row, column, inside }) =>
    inside ? context.backTo({ step: before.name, place: [of, row, column] }) : undefined;
  return [
    grids(step, context, drawn, filterName, (term) => to(drawn.map, term)),
    sum({
      parts: shown.map(({ map: of, terms, subtotal }) => ({
        title: `${mapName(before, of)}: ${terms.length === 1 ? "1 product" : `${terms.length} products`}`,
        subtotal,
        open: open.has(of),
        terms: () =>
          terms.map((term) => ({
            place: term.inside ? `(${term.row}, ${term.column})` : "padding",
            href: to(of, term) ?? null,
            left: term.value,
            right: term.weight,
            padding: !term.inside,
          })),
      })),
      rest:
        shown.length < parts.length
          ? { title: `${count(parts.length - shown.length)} maps that add less`, value: rest }
          : null,
      bias,
      total: total + bias,
      output: valueAt(step, place),
      isRounded: [step, before].some(({ output }) => output.scales) || Boolean(step.filters.scales),
      onFold: (one, isOpen) => (isOpen ? open.add(shown[one].map) : open.delete(shown[one].map)),
    }),
  ];
}

/**
 * What is said of a cell whose filter the walk does not hold.
 *
 * @param {FilterStep} step
 * @param {Place} place
 */
function absent(step, place) {
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      { class: "equation" },
      `map ${place[0]} (${place[1]}, ${place[2]}) is `,
      element("strong", { class: "output" }, number(valueAt(step, place))),
    ),
    element(
      "p",
      { class: "check" },
      `This step has ${count(step.parameters)} weights. To stay small, the walk holds the filters of its ${step.held?.length} most active maps only, and this is none of them.`,
    ),
  );
}

/**
 * @param {FilterStep} step
 * @param {Place} place
 */
export function spokenWindowSum(step, place) {
  const products = partsOf(step, place).reduce((total, { subtotal }) => total + subtotal, 0);
  return spokenSum(products, step.bias.data[place[0]], valueAt(step, place));
}

/**
 * How far windows reach beyond the map on each side, into padding or overhang.
 *
 * @param {FilterStep} step
 * @returns {import("convscope/kit/maps.js").Margin}
 */
export function marginOf(step) {
  const [, rows, columns] = step.shape;
  const [, height, width] = stepBefore(step).shape;
  const last = windowOf(step, rows - 1, columns - 1);
  const [top, left] = step.padding;
  const bottom = Math.max(0, last.top + last.height - height);
  const right = Math.max(0, last.left + last.width - width);
  return top + left + bottom + right > 0 ? { top, left, bottom, right } : NO_MARGIN;
}

/** How the size of the feature maps comes about. @param {FilterStep} step */
export function outputSize({ output_size, padding, stride, overhang }) {
  const round = overhang ? "ceil" : "floor";
  return element(
    "details",
    {},
    element("summary", {}, "Size of the feature maps"),
    element(
      "p",
      {},
      `${round}((size + 2 · padding − window) / stride) + 1, with padding ${padding.join(" × ")} and stride ${stride.join(" × ")}`,
      overhang ? "; the last windows may extend beyond the edge, where zeros are added (ceil mode):" : ":",
    ),
    element("p", { class: "formula" }, "height ", output_size.height),
    element("p", { class: "formula" }, "width ", output_size.width),
  );
}

/**
 * @param {FilterStep} step
 * @param {Context} context
 * @param {Part} part
 * @param {string} filterName
 * @param {(term: Term) => string | undefined} to  where a term's cell is shown
 */
function grids(step, { theme }, { map, terms }, filterName, to) {
  const before = stepBefore(step);
  const columns = step.window[1];
  const of = before.shape[0] > 1 ? `, ${mapName(before, map)}` : "";
  const cells = terms.map((term) => ({
    value: term.value,
    role: term.inside ? "" : "padding",
    href: to(term),
  }));
  const weights = terms.map(({ weight }) => ({ value: weight }));
  const products = terms.map(({ value, weight }) => ({ value: value * weight }));
  const limits = [limitOf(step.filters.data), limitOf(products.map(({ value }) => value))];
  return element(
    "div",
    { class: "grids" },
    numberGrid({ caption: `window${of}`, role: "input", cells, columns, limit: before.limit }, theme),
    element(
      "span",
      {},
      "×",
      numberGrid(
        { caption: `${filterName}${of}`, role: "weights", cells: weights, columns, limit: limits[0] },
        theme,
      ),
    ),
    element(
      "span",
      {},
      "=",
      numberGrid(
        { caption: "products", role: "plain", cells: products, columns, limit: limits[1] },
        theme,
      ),
    ),
  );
}

/**
 * The products of one input map, row by row as the weights lie in the filter.
 *
 * @param {FilterStep} step
 * @param {Place} place
 * @param {number} map
 * @param {number} nth  of the filter's own maps
 * @returns {Term[]}
 */
function termsOf(step, [filter, y, x], map, nth) {
  const { shape, data } = stepBefore(step).output;
  const [, height, width] = shape;
  const { top, left, height: rows, width: columns } = windowOf(step, y, x);
  const first = (rowOfFilter(step, filter) * step.filters.shape[1] + nth) * rows * columns;
  return range(rows * columns).map((index) => {
    const row = top + Math.floor(index / columns);
    const column = left + (index % columns);
    const inside = row >= 0 && column >= 0 && row < height && column < width;
    const value = inside ? data[(map * height + row) * width + column] : 0;
    return { row, column, inside, value, weight: step.filters.data[first + index] };
  });
}
