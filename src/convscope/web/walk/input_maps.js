/**
 * The input of a step with feature maps: one map large, the others as thumbnails, with the window outlined in
 * all of them.
 *
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/kit/maps.js").Margin} Margin
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 */

import { mapOf } from "convscope/kit/arrays.js";
import { board } from "convscope/kit/board.js";
import { element } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { cellSize, rem } from "convscope/kit/maps.js";
import { three } from "convscope/kit/numbers.js";
import { mapName } from "convscope/walk/chain.js";
import { SMALL, titleOf } from "convscope/walk/output_maps.js";
import { painting } from "convscope/walk/painting.js";

/**
 * Draw the input maps.
 *
 * @param {Step} before  the step whose output is the input
 * @param {Context} context
 * @param {object} setting
 * @param {number} setting.map  the one drawn large
 * @param {number[]} [setting.spanned]  maps under the window, drawn as thumbnails if there are several
 * @param {string} [setting.title]  replaces the default title
 * @param {number} [setting.limit]  limit of the colour scale, if not that of the step
 * @param {number} [setting.tallest]  maximum height of the large map, in screen pixels
 * @param {Margin} [setting.margin]
 * @param {(map: number) => void} [setting.onChoose]
 */
export function inputMaps(before, context, setting) {
  const { map, spanned = [], title, limit = before.limit, tallest, margin, onChoose } = setting;
  const { theme, room } = context;
  const [maps, height, width] = before.shape;
  const what = before.kind === "image" ? "channels" : "maps";
  const values = mapOf(before.output, map);
  const spanning = `The window spans all ${maps} ${what}${spanned.length < maps ? `; these ${spanned.length} add most to the chosen number` : ""}:`;
  const [rows, columns] = margin
    ? [height + margin.top + margin.bottom, width + margin.left + margin.right]
    : [height, width];
  const cell = cellSize(columns, rows, room.input, tallest);
  const painted = painting(before, map, context, limit);
  const large = board({ height, width, cell, margin, paint: painted.paint }, theme, {
    label: `input: ${mapName(before, map)} of ${before.title}`,
    text: (index) => three(values[index]),
    listener: {
      pick: (row, column) => context.back({ step: before.name, place: [map, row, column] }),
    },
  });
  const small = gallery(
    {
      maps: spanned,
      height,
      width,
      margin,
      side: rem(SMALL),
      paint: (one) => painting(before, one, context, limit).paint,
      caption: (one) => mapName(before, one).replace("map ", ""),
      label: (one) => `${mapName(before, one)} of the input`,
      onChoose: onChoose ?? (() => undefined),
    },
    theme,
  );
  small.choose(map);
  return {
    nodes: [
      element(
        "div",
        { class: "seen" },
        element("h3", { class: "input" }, title ?? titleOf(before, map)),
        large.element,
        painted.legend(),
      ),
      spanned.length > 1 &&
        element("div", { class: "rest stack" }, element("p", { class: "quiet" }, spanning), small.element),
    ],
    /** @param {Rectangle} window */
    mark(window) {
      large.outline("input", window);
      small.mark(window);
    },
    large,
    paint: painted.paint,
  };
}
