/**
 * The output of a step with feature maps: the selected map large, the others as thumbnails, sorted and
 * filtered by activity.
 *
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/chain.js").Step} Step
 */

import { largestFirst, mapOf, range } from "convscope/kit/arrays.js";
import { board } from "convscope/kit/board.js";
import { choice } from "convscope/kit/choice.js";
import { element } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { cellSize, rem } from "convscope/kit/maps.js";
import { three } from "convscope/kit/numbers.js";
import { player } from "convscope/kit/player.js";
import { activities, mapName } from "convscope/walk/chain.js";
import { fly } from "convscope/walk/flight.js";
import { isOwn, isPhoto, painting } from "convscope/walk/painting.js";

const FEW = 24;

/** side of a thumbnail, in rem */
export const SMALL = 3;

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
  const { paint, legend } = painting(step, map, context);
  const large = board({ height, width, cell, paint }, theme, {
    label: `${mapName(step, map)} of ${step.title}, ${height} rows, ${width} columns; arrow keys move the cell`,
    text: (index) => three(values[index]),
    listener: {
      steered: true,
      point: (row, column) => context.point([map, row, column]),
      leave: () => context.leave(),
      pick: (row, column) => context.pick([map, row, column]),
    },
  });
  const placeOf = (/** @type {number} */ index) => [map, Math.floor(index / width), index % width];
  const slide = player({
    cells: height * width,
    watched: large.element,
    show: (index) => context.point(placeOf(index)),
    pick: (index) => context.pick(placeOf(index)),
    dwell() {
      const scene = large.element.closest(".panes");
      if (scene) fly(scene);
    },
  });
  return {
    nodes: [
      element(
        "div",
        { class: "seen" },
        element("h3", { class: "output" }, titleOf(step, map)),
        large.element,
        legend(),
      ),
      slide.element,
      maps > 1 && smallMaps(step, context),
    ],
    /** @param {number} row @param {number} column */
    show(row, column) {
      const index = row * width + column;
      large.outline("output", { top: row, left: column, height: 1, width: 1 });
      large.veil(slide.isPlaying() ? index + 1 : null);
      slide.follow(index);
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
 * Return the maps shown as thumbnails, in display order. If there are many, only the most active ones and the
 * selected one, unless the address asks for all.
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
  const { theme, place } = context;
  const [, height, width] = step.shape;
  const active = activities(step);
  const small = gallery(
    {
      maps: shownMaps(step, context),
      height,
      width,
      side: rem(SMALL),
      paint: (map) => painting(step, map, context).paint,
      caption: (map) => mapName(step, map).replace("map ", ""),
      label: (map) => `${mapName(step, map)}, mean activity ${three(active[map])}`,
      onChoose: (map) => context.pick([map, ...place.slice(1)]),
    },
    theme,
  );
  small.choose(place[0]);
  return element("div", { class: "rest stack" }, ways(step, context), small.element);
}

/**
 * Create the controls for the order and number of the thumbnails and for their colour scale.
 *
 * @param {Step} step
 * @param {Context} context
 */
function ways(step, context) {
  const { state, chain, set } = context;
  const maps = step.shape[0];
  const order = state.options.order ?? "activity";
  const few = isFew(step, context) ? "few" : "all";
  return element(
    "p",
    { class: "choices" },
    choice("sort", order, { activity: "most active first", number: "by number" }, (to) => set("order", to)),
    maps > FEW &&
      choice("show", few, { few: `${FEW} most active`, all: `all ${maps}` }, (to) => set("show", to)),
    step.kind !== "image" &&
      !isPhoto(chain) &&
      choice(
        "colour scale",
        isOwn(state) ? "own" : "shared",
        { shared: "shared by all maps", own: "each map's own" },
        (to) => set("scale", to === "own" ? "own" : ""),
      ),
  );
}
