/**
 * What goes into a step of maps: one map large, and the window marked in every one of them.
 *
 * @typedef {import("convscope/view.js").Context} Context
 * @typedef {import("convscope/chain.js").Step} Step
 * @typedef {import("convscope/maps.js").Margin} Margin
 * @typedef {import("convscope/receptive.js").Rectangle} Rectangle
 */

import { mapOf, range } from "convscope/arrays.js";
import { board } from "convscope/board.js";
import { element } from "convscope/dom.js";
import { gallery } from "convscope/gallery.js";
import { legend } from "convscope/legend.js";
import { cellSize, signedPaint } from "convscope/maps.js";
import { three } from "convscope/numbers.js";

/**
 * @param {Step} before  the step whose output goes in
 * @param {Context} context
 * @param {object} setting
 * @param {number} setting.map  the one drawn large
 * @param {boolean} setting.all  whether the window reaches through all of them
 * @param {Margin} [setting.margin]
 * @param {(map: number) => void} [setting.onChoose]
 */
export function inputMaps(before, context, { map, all, margin, onChoose }) {
  const { theme, room } = context;
  const [maps, height, width] = before.shape;
  const what = before.kind === "image" ? "channel" : "map";
  const values = mapOf(before.output, map);
  const [rows, columns] = margin
    ? [height + margin.top + margin.bottom, width + margin.left + margin.right]
    : [height, width];
  const cell = cellSize(columns, rows, room.input);
  const paint = (/** @type {number} */ one) => signedPaint(mapOf(before.output, one), before.limit, theme);
  const large = board({ height, width, cell, margin, paint: paint(map) }, theme, {
    label: `${what} ${map} of ${before.title}, which goes in`,
    text: (index) => three(values[index]),
    listener: {
      pick: (row, column) => context.back({ step: before.name, place: [map, row, column] }),
    },
  });
  const small = gallery(
    {
      maps: all ? range(maps) : [],
      height,
      width,
      margin,
      paint,
      label: (one) => `${what} ${one} of the input`,
      onChoose: onChoose ?? (() => undefined),
    },
    theme,
  );
  small.choose(map);
  return {
    nodes: [
      element("h3", { class: "input" }, maps > 1 ? `${what} ${map} of ${maps}` : what),
      large.element,
      legend(before.limit, theme),
      all && maps > 1 && element("p", { class: "quiet" }, `The window reaches through all ${maps} ${what}s:`),
      all && maps > 1 && small.element,
    ],
    /** @param {Rectangle} window */
    mark(window) {
      large.outline("input", window);
      small.mark(window);
    },
    large,
  };
}
