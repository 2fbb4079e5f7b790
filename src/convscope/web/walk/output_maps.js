/**
 * What comes out of a step of maps: the chosen map large, all the others small, sorted and filtered by activity.
 *
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/kit/board.js").Board} Board
 */

import { largestFirst, mapOf, range } from "convscope/kit/arrays.js";
import { board } from "convscope/kit/board.js";
import { choice } from "convscope/kit/choice.js";
import { element } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { legend } from "convscope/kit/legend.js";
import { cellSize, signedPaint } from "convscope/kit/maps.js";
import { three } from "convscope/kit/numbers.js";
import { player } from "convscope/kit/player.js";
import { activities, mapName } from "convscope/walk/chain.js";

const FEW = 24;

/**
 * @param {Step} step
 * @param {Context} context
 */
export function outputMaps(step, context) {
  const { theme, place, room } = context;
  const [maps, height, width] = step.shape;
  const [map] = place;
  const values = mapOf(step.output, map);
  const cell = cellSize(width, height, room.output);
  const large = board({ height, width, cell, paint: signedPaint(values, step.limit, theme) }, theme, {
    label: `${mapName(step, map)} of ${step.title}, ${height} rows, ${width} columns; arrow keys move the cell`,
    text: (index) => three(values[index]),
    listener: {
      steered: true,
      point: (row, column) => context.point([map, row, column]),
      leave: () => context.leave(),
      pick: (row, column) => context.pick([map, row, column]),
    },
  });
  const slide = player({
    cells: height * width,
    watched: large.element,
    show: (index) => context.pick([map, Math.floor(index / width), index % width]),
  });
  return {
    nodes: [
      element("h3", { class: "output" }, titleOf(step, map)),
      large.element,
      legend(step.limit, theme),
      rounding(step, map),
      slide.element,
      maps > 1 && smallMaps(step, context),
    ],
    /** @param {number} row @param {number} column */
    show(row, column) {
      large.outline("output", { top: row, left: column, height: 1, width: 1 });
      slide.follow(row * width + column);
    },
  };
}

/**
 * @param {Step} step
 * @param {number} map
 */
export function titleOf(step, map) {
  return step.shape[0] > 1 ? `${mapName(step, map)} of ${step.shape[0]}` : mapName(step, map);
}

/**
 * How a map's numbers are rounded, where a walk is too large to hold them in full.
 *
 * @param {Step} step
 * @param {number} map
 */
export function rounding({ output: { scales } }, map) {
  return scales ? element("p", { class: "quiet" }, `Rounded to multiples of ${three(scales[map])}.`) : null;
}

/**
 * The maps that are shown small, in order: of many only the most active ones and the chosen one, unless all are asked
 * for.
 *
 * @param {Step} step
 * @param {Context} context
 */
export function shownMaps(step, context) {
  const { place, state } = context;
  const byActivity = largestFirst(activities(step));
  const sorted = state.options.order === "number" ? range(step.shape[0]) : byActivity;
  if (!isFew(step, context)) return sorted;
  const chosen = new Set([...byActivity.slice(0, FEW), place[0]]);
  return sorted.filter((map) => chosen.has(map));
}

/**
 * @param {Step} step
 * @param {Context} context
 */
function isFew(step, { state }) {
  return step.shape[0] > FEW && state.options.show !== "all";
}

/**
 * @param {Step} step
 * @param {Context} context
 */
function smallMaps(step, context) {
  const { theme, place, state } = context;
  const [maps, height, width] = step.shape;
  const active = activities(step);
  const few = isFew(step, context);
  const small = gallery(
    {
      maps: shownMaps(step, context),
      height,
      width,
      paint: (map) => signedPaint(mapOf(step.output, map), step.limit, theme),
      caption: (map) => mapName(step, map).replace("map ", ""),
      label: (map) => `${mapName(step, map)}, mean activity ${three(active[map])}`,
      onChoose: (map) => context.pick([map, ...place.slice(1)]),
    },
    theme,
  );
  small.choose(place[0]);
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      { class: "choices" },
      choice(
        "sort",
        state.options.order ?? "activity",
        { activity: "most active first", number: "by number" },
        (order) => context.set("order", order),
      ),
      maps > FEW &&
        choice("show", few ? "few" : "all", { few: `${FEW} most active`, all: `all ${maps}` }, (show) =>
          context.set("show", show),
        ),
    ),
    small.element,
  );
}
