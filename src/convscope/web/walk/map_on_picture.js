/**
 * A heat map over the picture. Selecting a cell of the map outlines its pixels in the picture.
 *
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/chain.js").ImageStep} ImageStep
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/kit/maps.js").Paint} Paint
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 */

import { largestFirst, range } from "convscope/kit/arrays.js";
import { board } from "convscope/kit/board.js";
import { limitOf, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { legend } from "convscope/kit/legend.js";
import { cellSize, pixelPaint, signedPaint } from "convscope/kit/maps.js";
import { full, three } from "convscope/kit/numbers.js";
import { stepOfKind } from "convscope/walk/chain.js";

const SIDE = 320; // screen pixels
const MOST_TINT = 0.8; // opacity at the largest value, so that the picture remains visible

/**
 * Return the position of each cell of a map that divides the picture evenly.
 *
 * @param {Context} context
 * @param {Tensor} map
 */
export function evenly({ chain }, { shape }) {
  const [, height, width] = chain.steps[0].shape;
  const [down, across] = [height / shape[0], width / shape[1]];
  const cell = (/** @type {number} */ row, /** @type {number} */ column) => ({
    top: row * down,
    left: column * across,
    height: down,
    width: across,
  });
  return { seen: cell, drawn: cell };
}

/**
 * Draw the picture, the picture with the map over it, and the map itself. Selecting a cell of the map
 * outlines its pixels in the picture.
 *
 * @param {Context} context
 * @param {Tensor} map  (height, width)
 * @param {object} places  positions of the map's cells in the picture
 * @param {(row: number, column: number) => Rectangle} places.seen  the pixels that a cell describes
 * @param {(row: number, column: number) => Rectangle} places.drawn  the pixels that a cell is drawn on,
 *   without overlaps
 */
export function mapOnPicture({ chain, theme, room }, map, { seen, drawn }) {
  const image = stepOfKind(chain, "image");
  if (!image) return null;
  const [, imageHeight, imageWidth] = image.shape;
  const cell = cellSize(imageWidth, imageHeight, Math.min(room.below, SIDE), SIDE);
  const [height, width] = map.shape;
  const limit = limitOf(map.data);
  const picture = (/** @type {Paint} */ paint, /** @type {string} */ label) =>
    board({ height: imageHeight, width: imageWidth, cell, paint }, theme, { label });
  const plain = picture(pixelPaint(image.pixels), "the picture as the network sees it");
  const laid = picture(
    laidOver(image, map, limit, theme, drawn),
    "the same picture in grey, with the map over it",
  );
  const readout = element("p", { class: "readout", "aria-live": "polite" });
  const show = (/** @type {number} */ row, /** @type {number} */ column) => {
    plain.outline("input", seen(row, column));
    laid.outline("input", seen(row, column));
    heat.outline("output", { top: row, left: column, height: 1, width: 1 });
    readout.textContent = `(${row}, ${column}): ${full(map.data[row * width + column])}`;
  };
  const heatCell = cellSize(width, height, cell * imageWidth, cell * imageHeight);
  const heat = board({ height, width, cell: heatCell, paint: signedPaint(map.data, limit, theme) }, theme, {
    label: `a map of ${height} × ${width} places; arrow keys move`,
    text: (index) => three(map.data[index]),
    listener: { steered: true, point: show, pick: show },
  });
  const strongest = largestFirst(map.data)[0];
  show(Math.floor(strongest / width), strongest % width);
  return element(
    "div",
    { class: "pair" },
    captioned("the picture", plain.element),
    captioned("the map over the picture", laid.element),
    captioned("the map: point at a place", heat.element, legend(limit, theme), readout),
  );
}

/**
 * @param {string} caption
 * @param {...HTMLElement} content
 */
function captioned(caption, ...content) {
  return element("figure", {}, element("figcaption", {}, caption), content);
}

/**
 * Return the picture in grey, tinted by the map: the larger the absolute value, the stronger the tint.
 *
 * @param {ImageStep} image
 * @param {Tensor} map
 * @param {number} limit
 * @param {import("convscope/kit/colours.js").Theme} theme
 * @param {(row: number, column: number) => Rectangle} drawn
 * @returns {Paint}
 */
function laidOver(image, map, limit, theme, drawn) {
  const [, height, width] = image.shape;
  const strengths = new Float32Array(height * width);
  for (const index of range(map.data.length)) {
    const place = drawn(Math.floor(index / map.shape[1]), index % map.shape[1]);
    const { top, left, height: rows, width: columns } = place;
    for (let row = Math.round(top); row < Math.min(Math.round(top + rows), height); row++) {
      strengths.fill(
        map.data[index],
        row * width + Math.round(left),
        row * width + Math.min(Math.round(left + columns), width),
      );
    }
  }
  const picture = pixelPaint(image.pixels);
  return (index) => {
    const [red, green, blue] = picture(index) ?? [0, 0, 0];
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    const share = limit > 0 ? (MOST_TINT * Math.abs(strengths[index])) / limit : 0;
    const [r, g, b] = signed(Math.sign(strengths[index]), 1, theme).map(
      (part) => grey + (part - grey) * share,
    );
    return [r, g, b];
  };
}
