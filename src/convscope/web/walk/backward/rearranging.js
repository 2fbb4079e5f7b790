/**
 * The backward pass through steps that only rearrange numbers: flattening, addition, joining. It ends at the
 * picture.
 *
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/view.js").View} View
 * @typedef {import("convscope/walk/chain.js").Step} Step
 */

import { board } from "convscope/kit/board.js";
import { element } from "convscope/kit/dom.js";
import { cellSize, pixelPaint } from "convscope/kit/maps.js";
import { number } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { cellOfIndex, indexOfCell } from "convscope/kit/receptive.js";
import { mapName, stepBefore } from "convscope/walk/chain.js";
import { arrivingMaps, valueOf } from "convscope/walk/backward/arriving.js";
import { gradientMaps } from "convscope/walk/backward/gradient_maps.js";
import { gradientVector } from "convscope/walk/backward/vectors.js";

/**
 * Show flattening: gradients return to their cells; only the order changes.
 *
 * @param {Step} step
 * @param {Back} back
 * @returns {View}
 */
export function flattening(step, back) {
  const { context, own } = back;
  const { theme, room } = context;
  const before = stepBefore(step);
  const [index] = context.place;
  const cell = cellOfIndex(index, before.shape);
  const text = element("div", { class: "stack" });
  const maps = gradientMaps(own.at_inputs[0], {
    theme,
    room: room.input,
    role: "input",
    title: "Gradient passed back",
    name: (map) => mapName(before, map),
    place: cell,
    pick: (place) => context.pick([indexOfCell(place, before.shape)]),
  });
  const column = gradientVector(own.at_output, {
    theme,
    room: room.output,
    role: "output",
    title: "Gradient that arrives",
    point: (at) => context.point([at]),
    leave: () => context.leave(),
    pick: (at) => (cellOfIndex(at, before.shape)[0] === cell[0] ? context.pick([at]) : context.jump([at])),
  });
  return {
    input: maps.nodes,
    middle: [text],
    output: column.nodes,
    show([at]) {
      const [map, row, across] = cellOfIndex(at, before.shape);
      column.show(at);
      if (map === cell[0]) maps.show(row, across);
      text.replaceChildren(
        element(
          "p",
          { class: "equation" },
          `number ${at} → ${mapName(before, map)} (${row}, ${across}): `,
          number(own.at_output.data[at]),
        ),
        element("p", {}, "Flattening has only changed the order. Each gradient goes back to its own place."),
      );
    },
    spoken: ([at]) => `gradient ${three(own.at_output.data[at])}`,
  };
}

/**
 * Show addition, which copies the gradient to both inputs, or joining, which splits it between its inputs.
 *
 * @param {Step} step
 * @param {Back} back
 * @returns {View}
 */
export function branching(step, back) {
  const { context, own } = back;
  const { theme, room, place } = context;
  const isAddition = step.kind === "addition";
  const parts = isAddition ? step.sources.map((_, index) => index) : [ownerOf(step, place[0])];
  const first = isAddition
    ? 0
    : step.sources.slice(0, parts[0]).reduce((sum, { shape }) => sum + shape[0], 0);
  const drawn = parts.map((part, nth) =>
    gradientMaps(own.at_inputs[part], {
      theme,
      room: room.input,
      role: "input",
      title: `Passed to ${step.sources[part].title}`,
      name: (map) => mapName(step.sources[part], map),
      place: [place[0] - first, place[1], place[2]],
      pick: (at) => context.pick([at[0] + first, at[1], at[2]]),
      others: nth === 0,
    }),
  );
  const arriving = arrivingMaps(step, back);
  const text = element("div", { class: "stack" });
  return {
    input: drawn.flatMap(({ nodes }) => nodes),
    middle: [text],
    output: arriving.nodes,
    show(at) {
      arriving.show(at[1], at[2]);
      for (const part of drawn) part.show(at[1], at[2]);
      const gradient = valueOf(own.at_output, at);
      text.replaceChildren(
        element("p", { class: "equation" }, number(gradient), isAddition ? " × 1, to both" : " × 1"),
        element(
          "p",
          {},
          isAddition
            ? "A sum grows as either of its parts grows: both get the whole gradient. Along the shortcut it reaches early layers without passing through the block."
            : "Joining has only put maps side by side. Each part of the gradient goes back to the step that its map came from.",
        ),
      );
    },
    spoken: (at) => `gradient ${three(valueOf(own.at_output, at))}`,
  };
}

/**
 * @param {Step} step
 * @param {number} map
 */
function ownerOf({ sources }, map) {
  let left = map;
  const owner = sources.findIndex(({ shape }) => (left -= shape[0]) < 0);
  return Math.max(0, owner);
}

/**
 * Show the gradient at the pixels, where the backward pass ends.
 *
 * @param {import("convscope/walk/chain.js").ImageStep} step
 * @param {Back} back
 * @returns {View}
 */
export function image(step, back) {
  const arriving = arrivingMaps(step, back, "Gradient at the pixels");
  const { theme, room } = back.context;
  const [, height, width] = step.shape;
  const cell = cellSize(width, height, room.output);
  const picture = board({ height, width, cell, paint: pixelPaint(step.pixels) }, theme, {
    label: "the picture",
  });
  return {
    input: [
      element(
        "div",
        { class: "seen stack" },
        element("h3", { class: "input" }, "The picture"),
        picture.element,
      ),
    ],
    middle: [
      element(
        "p",
        {},
        "Backpropagation ends here. The gradient says how the loss would change if a pixel were a little brighter: orange pixels would raise it, blue ones lower it.",
      ),
      element("p", { class: "quiet" }, "Training changes weights, never the picture."),
    ],
    output: arriving.nodes,
    show(at) {
      arriving.show(at[1], at[2]);
      picture.outline("output", { top: at[1], left: at[2], height: 1, width: 1 });
    },
    spoken: (at) => `gradient ${three(valueOf(back.own.at_output, at))}`,
  };
}
