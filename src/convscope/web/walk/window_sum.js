/**
 * The sum behind one cell of a convolution: the windows of the input maps under the filter, times the
 * weights.
 *
 * @typedef {import("convscope/walk/chain.js").ConvolutionStep} ConvolutionStep
 * @typedef {import("convscope/walk/chain.js").DepthwiseConvolutionStep} DepthwiseConvolutionStep
 * @typedef {ConvolutionStep | DepthwiseConvolutionStep} FilterStep
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/address.js").Place} Place
 *
 * @typedef {{row: number, column: number, inside: boolean, value: number, weight: number}} Term
 * @typedef {{map: number, terms: Term[], subtotal: number}} Part  the contribution of one input map
 */

import { largestFirst, range } from "convscope/kit/arrays.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { numberGrid } from "convscope/kit/grid.js";
import { NO_MARGIN } from "convscope/kit/maps.js";
import { resultNumber } from "convscope/kit/number.js";
import { count, counted } from "convscope/kit/numbers.js";
import { windowOf } from "convscope/kit/receptive.js";
import { mapName, stepBefore, valueAt } from "convscope/walk/chain.js";
import { check, spokenSum, sum, terms } from "convscope/walk/sum.js";

const MOST_PARTS = 8;

/**
 * Return the input maps under a filter: all of them, or only its own in a depthwise convolution.
 *
 * @param {FilterStep} step
 * @param {number} filter
 */
function mapsUnder(step, filter) {
  return step.kind === "depthwise_convolution" ? [filter] : range(stepBefore(step).shape[0]);
}

/**
 * Return the position of a map's filter among those in the walk, or −1 if it is not included.
 *
 * @param {FilterStep} step
 * @param {number} filter
 */
export function rowOfFilter({ held }, filter) {
  return held ? held.indexOf(filter) : filter;
}

/**
 * Return the contribution of each input map to a cell; empty if the walk does not contain the filter.
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
 * Return the parts with the largest contributions first; if there are many, only the first ones.
 *
 * @param {Part[]} parts
 * @param {Context["state"]} state
 */
export function shownParts(parts, { options }) {
  const order = largestFirst(parts.map(({ subtotal }) => Math.abs(subtotal))).map((place) => parts[place]);
  return options.parts === "all" ? order : order.slice(0, MOST_PARTS);
}

/**
 * Draw window, filter and products of one input map, and the whole sum as a table.
 *
 * @param {FilterStep} step
 * @param {Context} context
 * @param {Place} place
 * @param {object} drawn
 * @param {number} drawn.map  the map whose window and filter are drawn
 * @param {import("convscope/kit/maps.js").Paint} drawn.paint  colours of that map
 * @param {string} drawn.filterName
 * @param {{terms: boolean}} folds  whether the list of products is open
 */
export function windowSum(step, context, place, { map, paint, filterName }, folds) {
  const before = stepBefore(step);
  const parts = partsOf(step, place);
  if (parts.length === 0) return [absent(step, place)];
  const drawn = parts.find((part) => part.map === map) ?? parts[0];
  const shown = shownParts(parts, context.state);
  const bias = step.bias.data[place[0]];
  const added = (/** @type {Part[]} */ some) => some.reduce((total, { subtotal }) => total + subtotal, 0);
  const total = added(parts) + bias;
  const exact = exactAt(step, place);
  const output = exact?.output ?? valueAt(step, place);
  const isRounded = !exact && [step.output, before.output, step.filters].some(({ scales }) => scales);
  const to = (/** @type {Term} */ { row, column, inside }) =>
    inside ? context.backTo({ step: before.name, place: [drawn.map, row, column] }) : undefined;
  return [
    grids(step, context, drawn, { paint, filterName }, to),
    sum({
      parts: shown.map(({ map: of, subtotal }) => ({
        title: parts.length > 1 ? mapName(before, of) : "sum of the products",
        subtotal,
        isChosen: parts.length > 1 && of === drawn.map,
        onChoose: parts.length > 1 ? () => context.set("channel", String(of)) : null,
      })),
      rest:
        shown.length < parts.length
          ? {
              title: counted(parts.length - shown.length, "other map"),
              value: added(parts) - added(shown),
              onOpen: () => context.set("parts", "all"),
            }
          : null,
      bias,
      total,
      output,
      isRounded,
    }),
    productList(drawn, before, to, folds, check(total, output, isRounded)),
  ];
}

/**
 * List the products of the window drawn one by one, collapsed.
 *
 * @param {Part} part
 * @param {Step} before
 * @param {(term: Term) => string | undefined} to
 * @param {{terms: boolean}} folds
 * @param {string} checked
 */
function productList({ map, terms: list }, before, to, folds, checked) {
  const made = element(
    "details",
    { class: "products-listed", open: folds.terms, toggle: () => (folds.terms = made.open) },
    element("summary", {}, `The ${count(list.length)} products of ${mapName(before, map)}, one by one`),
    terms(
      list.map((term) => ({
        place: term.inside ? `(${term.row}, ${term.column})` : "padding",
        href: to(term) ?? null,
        left: term.value,
        right: term.weight,
        padding: !term.inside,
      })),
    ),
    element("p", { class: "check" }, checked),
  );
  return made;
}

/**
 * Explain that the walk does not contain the filter of a cell.
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
      resultNumber(valueAt(step, place)),
    ),
    element(
      "p",
      { class: "check" },
      `This step has ${count(step.parameters)} weights. To keep the file small, the walk contains only the filters of its ${step.held?.length} most active maps, and this is not one of them.`,
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
 * Return how far the windows extend beyond the map on each side, into padding or overhang.
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

/** Write out the formula for the size of the feature maps. @param {FilterStep} step */
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
 * Draw window, filter and products as grids.
 *
 * @param {FilterStep} step
 * @param {Context} context
 * @param {Part} part
 * @param {{paint: import("convscope/kit/maps.js").Paint, filterName: string}} drawn
 * @param {(term: Term) => string | undefined} to  returns the link to a term's cell
 */
function grids(step, { theme }, { map, terms: list }, { paint, filterName }, to) {
  const before = stepBefore(step);
  const columns = step.window[1];
  const width = before.shape[2];
  const of = before.shape[0] > 1 ? `, ${mapName(before, map)}` : "";
  const cells = list.map((term) => ({
    value: term.value,
    role: term.inside ? "" : "padding",
    href: to(term),
    colour: term.inside ? paint(term.row * width + term.column) : null,
  }));
  const weights = list.map(({ weight }) => ({ value: weight }));
  const products = list.map(({ value, weight }) => ({ value: value * weight, role: "flies" }));
  const limits = [limitOf(step.filters.data), limitOf(products.map(({ value }) => value))];
  const grid = (
    /** @type {string} */ caption,
    /** @type {string} */ role,
    /** @type {import("convscope/kit/grid.js").Cell[]} */ drawn,
    limit = 0,
  ) => numberGrid({ caption, role, cells: drawn, columns, limit }, theme);
  return element(
    "div",
    { class: "grids" },
    grid(`window${of}`, "input", cells),
    element("span", {}, "×", grid(`${filterName}${of}`, "weights", weights, limits[0])),
    element("span", {}, "=", grid("products", "plain", products, limits[1])),
  );
}

/**
 * Return the cell that is stored without quantisation, or null if the index belongs to a quantised cell.
 *
 * @param {FilterStep} step
 * @param {Place} place
 */
function exactAt({ exact }, place) {
  return exact && exact.place.every((part, axis) => part === place[axis]) ? exact : null;
}

/**
 * Return the products of one input map, in the order of the weights in the filter.
 *
 * @param {FilterStep} step
 * @param {Place} place
 * @param {number} map
 * @param {number} nth  index of the map within the filter
 * @returns {Term[]}
 */
function termsOf(step, place, map, nth) {
  const [filter, y, x] = place;
  const exact = exactAt(step, place);
  const { shape, data } = stepBefore(step).output;
  const [, height, width] = shape;
  const { top, left, height: rows, width: columns } = windowOf(step, y, x);
  const first = (rowOfFilter(step, filter) * step.filters.shape[1] + nth) * rows * columns;
  return range(rows * columns).map((index) => {
    const row = top + Math.floor(index / columns);
    const column = left + (index % columns);
    const inside = row >= 0 && column >= 0 && row < height && column < width;
    const held = inside ? data[(map * height + row) * width + column] : 0;
    const at = nth * rows * columns + index;
    return {
      row,
      column,
      inside,
      value: exact ? exact.inputs.data[at] : held,
      weight: exact ? exact.weights.data[at] : step.filters.data[first + index],
    };
  });
}
