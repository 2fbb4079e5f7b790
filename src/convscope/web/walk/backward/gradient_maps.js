/**
 * Gradient maps, laid out like the feature maps of the forward pass.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 * @typedef {import("convscope/kit/colours.js").Rgb} Rgb
 * @typedef {import("convscope/kit/maps.js").Paint} Paint
 * @typedef {import("convscope/kit/address.js").Place} Place
 */

import { largestFirst, mapOf, range } from "convscope/kit/arrays.js";
import { board } from "convscope/kit/board.js";
import { css, limitOf, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { legend } from "convscope/kit/legend.js";
import { cellSize } from "convscope/kit/maps.js";
import { three } from "convscope/kit/numbers.js";

/** The colour of gradients that are exactly 0, distinct from that of very small ones. */
const NOTHING = /** @type {Record<Theme, Rgb>} */ ({ light: [203, 203, 198], dark: [84, 87, 92] });
const MOST_SMALL = 24;

/**
 * @param {ArrayLike<number>} values
 * @param {number} limit
 * @param {Theme} theme
 * @returns {Paint}
 */
export function gradientPaint(values, limit, theme) {
  return (index) => {
    if (index >= values.length) return null;
    return values[index] === 0 ? NOTHING[theme] : signed(values[index], limit, theme);
  };
}

/**
 * Draw the legend: the colour scale, and the colour of gradients that are exactly 0.
 *
 * @param {number} limit
 * @param {Theme} theme
 */
export function gradientLegend(limit, theme) {
  const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
  swatch.style.background = css(NOTHING[theme]);
  return element(
    "div",
    { class: "gradient-legend" },
    limit > 0 && legend(limit, theme),
    element("p", { class: "quiet" }, swatch, " exactly 0: nothing passes"),
  );
}

/**
 * Draw one gradient map large and the others small.
 *
 * @param {Tensor} gradients  (maps, height, width)
 * @param {object} setting
 * @param {Theme} setting.theme
 * @param {number} setting.room  available width in screen pixels
 * @param {string} setting.role  "input" or "output"
 * @param {string} setting.title
 * @param {(map: number) => string} setting.name  returns the name of a map
 * @param {Place} setting.place  selected cell
 * @param {(place: Place) => void} [setting.point]
 * @param {() => void} [setting.leave]
 * @param {(place: Place) => void} setting.pick
 * @param {boolean} [setting.others]  whether the other maps are drawn as thumbnails
 */
export function gradientMaps(gradients, setting) {
  const { theme, room, role, title, name, place, pick, others = true } = setting;
  const [maps, height, width] = gradients.shape;
  const [map] = place;
  const values = mapOf(gradients, map);
  const limit = limitOf(values);
  const cell = cellSize(width, height, room);
  const large = board({ height, width, cell, paint: gradientPaint(values, limit, theme) }, theme, {
    label: `${title}, ${name(map)}, ${height} rows, ${width} columns; arrow keys move the cell`,
    text: (index) => three(values[index]),
    listener: {
      steered: true,
      point: setting.point && ((row, column) => setting.point?.([map, row, column])),
      leave: setting.leave,
      pick: (row, column) => pick([map, row, column]),
    },
  });
  return {
    nodes: [
      element(
        "div",
        { class: "seen stack" },
        element("h3", { class: role }, maps > 1 ? `${title}: ${name(map)} of ${maps}` : title),
        large.element,
        gradientLegend(limit, theme),
      ),
      others && maps > 1 && small(gradients, setting),
    ],
    /** @param {number} row @param {number} column */
    show(row, column) {
      large.outline("output", { top: row, left: column, height: 1, width: 1 });
    },
    large,
  };
}

/**
 * @param {Tensor} gradients
 * @param {Parameters<typeof gradientMaps>[1]} setting
 */
function small(gradients, { theme, title, name, place, pick }) {
  const [maps, height, width] = gradients.shape;
  const limit = limitOf(gradients.data);
  const sizes = range(maps).map((map) => limitOf(mapOf(gradients, map)));
  const strongest = largestFirst(sizes).slice(0, MOST_SMALL);
  const shown = [...new Set([...strongest, place[0]])].sort((a, b) => a - b);
  const all = gallery(
    {
      maps: shown,
      height,
      width,
      paint: (map) => gradientPaint(mapOf(gradients, map), limit, theme),
      caption: (map) => name(map).replace("map ", ""),
      label: (map) =>
        sizes[map] === 0
          ? `gradient at ${name(map)}: nothing passes`
          : `gradient at ${name(map)}, at most ${three(sizes[map])}`,
      onChoose: (map) => pick([map, ...place.slice(1)]),
    },
    theme,
  );
  all.choose(place[0]);
  return element(
    "div",
    { class: "rest stack" },
    element(
      "p",
      { class: "quiet" },
      shown.length < maps ? `${title}: the ${shown.length} largest of ${maps}` : `${title}: all maps`,
    ),
    all.element,
  );
}

/**
 * Return the index of the gradient with the largest absolute value.
 *
 * @param {Tensor} gradients
 * @param {number | null} [map]  restricts the search to one map
 * @returns {Place}
 */
export function strongest({ shape, data }, map = null) {
  const [, height = 1, width = 1] = shape;
  const size = height * width;
  const [from, to] = map === null ? [0, data.length] : [map * size, (map + 1) * size];
  let index = from;
  for (let place = from; place < to; place++)
    if (Math.abs(data[place]) > Math.abs(data[index])) index = place;
  if (shape.length === 1) return [index];
  return [Math.floor(index / size), Math.floor(index / width) % height, index % width];
}
