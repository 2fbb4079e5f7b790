/** Convolution: a window slides over all input maps, and each of its places gives one number of the feature map. */

import { largestFirst, mapOf, range } from "convscope/kit/arrays.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { numberGrid } from "convscope/kit/grid.js";
import { NO_MARGIN, signedPaint } from "convscope/kit/maps.js";
import { three } from "convscope/kit/numbers.js";
import { windowOf } from "convscope/kit/receptive.js";
import { mapName, stepBefore, valueAt } from "convscope/walk/chain.js";
import { inputMaps } from "convscope/walk/input_maps.js";
import { outputMaps } from "convscope/walk/output_maps.js";
import { spokenSum, sum } from "convscope/walk/sum.js";

/**
 * @typedef {import("convscope/walk/chain.js").ConvolutionStep} ConvolutionStep
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/address.js").Place} Place
 *
 * @typedef {{row: number, column: number, inside: boolean, value: number, weight: number}} Term
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
  const channels = before.shape[0];
  const channel = chosenChannel(step, context, channels);
  const input = inputMaps(before, context, {
    map: channel,
    all: true,
    margin: marginOf(step, before),
    onChoose: (chosen) => context.set("channel", String(chosen)),
  });
  const output = outputMaps(step, context);
  const middle = element("div", { class: "stack" });
  const open = new Set(channels <= 3 ? range(channels) : [channel]);
  return {
    input: input.nodes,
    middle: [middle, outputSize(step)],
    output: output.nodes,
    below: [filters(step, context)],
    show(place) {
      const [, row, column] = place;
      input.mark(windowOf(step, row, column));
      output.show(row, column);
      middle.replaceChildren(...arithmetic(step, context, place, channel, open));
    },
    spoken(place) {
      const products = range(channels).reduce((total, one) => total + subtotal(termsOf(step, place, one)), 0);
      return spokenSum(products, step.bias.data[place[0]], valueAt(step, place));
    },
  };
}

/**
 * The input channel that is drawn large: the one asked for, else the one that adds most to the number.
 *
 * @param {ConvolutionStep} step
 * @param {Context} context
 * @param {number} channels
 */
function chosenChannel(step, { state, place }, channels) {
  const asked = Number(state.options.channel ?? NaN);
  if (Number.isInteger(asked) && asked >= 0 && asked < channels) return asked;
  return largestFirst(range(channels).map((one) => Math.abs(subtotal(termsOf(step, place, one)))))[0];
}

/**
 * @param {ConvolutionStep} step
 * @param {Context} context
 * @param {Place} place
 * @param {number} channel  whose window and filter are drawn
 * @param {Set<number>} open  the channels whose products are unfolded
 */
function arithmetic(step, context, place, channel, open) {
  const before = stepBefore(step);
  const { theme } = context;
  const columns = step.window[1];
  const terms = range(before.shape[0]).map((one) => termsOf(step, place, one));
  const shown = terms[channel];
  const limit = limitOf(step.filters.data);
  const weights = shown.map(({ weight }) => ({ value: weight }));
  const products = shown.map(({ value, weight }) => ({ value: value * weight }));
  const productLimit = limitOf(products.map(({ value }) => value));
  const cells = shown.map(({ row, column, inside, value }) => ({
    value,
    role: inside ? "" : "padding",
    href: inside ? context.backTo({ step: before.name, place: [channel, row, column] }) : undefined,
  }));
  const subtotals = terms.map(subtotal);
  const bias = step.bias.data[place[0]];
  const of = before.shape[0] > 1 ? `, ${mapName(before, channel)}` : "";
  return [
    element(
      "div",
      { class: "grids" },
      numberGrid({ caption: `window${of}`, role: "input", cells, columns, limit: before.limit }, theme),
      element(
        "span",
        {},
        "×",
        numberGrid(
          { caption: `${filterName(step, place[0])}${of}`, role: "weights", cells: weights, columns, limit },
          theme,
        ),
      ),
      element(
        "span",
        {},
        "=",
        numberGrid(
          { caption: "products", role: "plain", cells: products, columns, limit: productLimit },
          theme,
        ),
      ),
    ),
    sum({
      parts: terms.map((list, one) => ({
        title: `${mapName(before, one)}: ${list.length} products`,
        subtotal: subtotals[one],
        open: open.has(one),
        terms: () =>
          list.map(({ row, column, inside, value, weight }) => ({
            place: inside ? `(${row}, ${column})` : "padding",
            href: inside ? context.backTo({ step: before.name, place: [one, row, column] }) : null,
            left: value,
            right: weight,
            padding: !inside,
          })),
      })),
      bias,
      result: subtotals.reduce((total, part) => total + part, 0) + bias,
      output: valueAt(step, place),
      isRounded: [step.output, before.output, step.filters].some(({ scales }) => scales),
      onFold: (one, isOpen) => (isOpen ? open.add(one) : open.delete(one)),
    }),
  ];
}

/**
 * The products of one input channel, row by row as the weights lie in the filter.
 *
 * @param {ConvolutionStep} step
 * @param {Place} place
 * @param {number} channel
 * @returns {Term[]}
 */
function termsOf(step, [filter, y, x], channel) {
  const { shape, data } = stepBefore(step).output;
  const [channels, height, width] = shape;
  const { top, left, height: rows, width: columns } = windowOf(step, y, x);
  return range(rows * columns).map((index) => {
    const row = top + Math.floor(index / columns);
    const column = left + (index % columns);
    const inside = row >= 0 && column >= 0 && row < height && column < width;
    const value = inside ? data[(channel * height + row) * width + column] : 0;
    const weight = step.filters.data[(filter * channels + channel) * rows * columns + index];
    return { row, column, inside, value, weight };
  });
}

/** @param {Term[]} terms */
function subtotal(terms) {
  return terms.reduce((total, { value, weight }) => total + value * weight, 0);
}

/**
 * @param {ConvolutionStep} step
 * @param {Step} before
 */
function marginOf(step, before) {
  const [down, across] = step.padding;
  if (down + across === 0) return NO_MARGIN;
  const [, rows, columns] = step.shape;
  const last = windowOf(step, rows - 1, columns - 1);
  return {
    top: down,
    left: across,
    bottom: Math.max(0, last.top + last.height - before.shape[1]),
    right: Math.max(0, last.left + last.width - before.shape[2]),
  };
}

/**
 * @param {ConvolutionStep} step
 * @param {number} filter
 */
function filterName({ filter_names }, filter) {
  return filter_names ? `filter ${filter_names[filter]}` : `filter ${filter}`;
}

/** @param {ConvolutionStep} step */
function outputSize({ output_size, padding, stride }) {
  return element(
    "details",
    {},
    element("summary", {}, "Size of the feature maps"),
    element(
      "p",
      {},
      "floor((size + 2 · padding − window) / stride) + 1, with padding ",
      padding.join(" × "),
      " and stride ",
      stride.join(" × "),
      ":",
    ),
    element("p", { class: "formula" }, "height ", output_size.height),
    element("p", { class: "formula" }, "width ", output_size.width),
  );
}

/**
 * How a filter's channels are laid out: those of a picture below each other, more of them as a square.
 *
 * @param {number} channels
 */
function tiling(channels) {
  const width = channels <= 3 ? 1 : Math.ceil(Math.sqrt(channels));
  return { width, height: Math.ceil(channels / width) };
}

/**
 * Every filter as a picture: one tile of weights for each input channel.
 *
 * @param {ConvolutionStep} step
 * @param {Context} context
 */
function filters(step, context) {
  const [count, channels, rows, columns] = step.filters.shape;
  const tiles = tiling(channels);
  const width = tiles.width * (columns + 1) - 1;
  const height = tiles.height * (rows + 1) - 1;
  const limit = limitOf(step.filters.data);
  const size = channels * rows * columns;
  const all = gallery(
    {
      maps: range(count),
      height,
      width,
      side: 96,
      paint: (filter) => {
        const weights = mapOf({ shape: [count, size, 1], data: step.filters.data }, filter);
        const paint = signedPaint(weights, limit, context.theme);
        return (index) => weightAt(index, width, rows, columns, tiles.width, channels, paint);
      },
      caption: (filter) => step.filter_names?.[filter] ?? String(filter),
      label: (filter) => `${filterName(step, filter)}, bias ${three(step.bias.data[filter])}`,
      onChoose: (filter) => context.pick([filter, ...context.place.slice(1)]),
    },
    context.theme,
  );
  all.choose(context.place[0]);
  return element(
    "section",
    {},
    element("h2", {}, count === 1 ? "The filter" : `All ${count} filters`),
    element(
      "p",
      { class: "quiet" },
      channels === 1
        ? `${count === 1 ? "It has" : "Each has"} ${rows} × ${columns} weights.${count === 1 ? "" : " Choose one to see its feature map."}`
        : `Each has ${rows} × ${columns} weights for every input channel, one tile per channel. Choose one to see its feature map.`,
    ),
    all.element,
  );
}

/**
 * The colour of a picture's cell: a weight, or nothing between the tiles.
 *
 * @param {number} index
 * @param {number} width
 * @param {number} rows
 * @param {number} columns
 * @param {number} tilesAcross
 * @param {number} channels
 * @param {import("convscope/kit/maps.js").Paint} paint
 */
function weightAt(index, width, rows, columns, tilesAcross, channels, paint) {
  const [y, x] = [Math.floor(index / width), index % width];
  const channel = Math.floor(y / (rows + 1)) * tilesAcross + Math.floor(x / (columns + 1));
  const [row, column] = [y % (rows + 1), x % (columns + 1)];
  if (row === rows || column === columns || channel >= channels) return null;
  return paint((channel * rows + row) * columns + column);
}
