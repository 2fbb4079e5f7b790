/**
 * A vector as a board of cells: short vectors are one column, long ones are wrapped row by row.
 *
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

import { board } from "convscope/kit/board.js";
import { element } from "convscope/kit/dom.js";
import { legend } from "convscope/kit/legend.js";
import { cellSize, layout, rem, signedPaint } from "convscope/kit/maps.js";
import { count, three } from "convscope/kit/numbers.js";
import { hasMaps } from "convscope/walk/chain.js";

/**
 * Draw a vector, or maps with one cell each.
 *
 * @param {Step} step
 * @param {Context} context
 * @param {"input" | "output"} role
 * @param {(index: number) => void} [onPick]  replaces selecting the number on a click
 * @param {number} [limit]  limit of the colour scale, if not that of the step
 */
export function vector(step, context, role, onPick, limit = step.limit) {
  const values = step.output.data;
  const { width, height } = layout(values.length);
  const cell = cellSize(width, height, context.room[role], Math.max(rem(12), innerHeight * 0.4));
  const placeOf = (/** @type {number} */ index) => (hasMaps(step) ? [index, 0, 0] : [index]);
  const large = board(
    { height, width, cell, paint: signedPaint(values, limit, context.theme) },
    context.theme,
    {
      label: `${step.title}, ${values.length} numbers; arrow keys move`,
      text: (index) => three(values[index]),
      listener: {
        steered: role === "output",
        point: (row, column) => role === "output" && context.point(placeOf(row * width + column)),
        leave: () => role === "output" && context.leave(),
        pick: (row, column) => (onPick ?? ((index) => context.pick(placeOf(index))))(row * width + column),
      },
    },
  );
  return {
    nodes: [
      element(
        "div",
        { class: "seen" },
        element("h3", { class: role }, `${count(values.length)} numbers`),
        large.element,
        legend(limit, context.theme),
        width > 1 && element("p", { class: "quiet" }, `Laid out row by row, ${width} in each row.`),
      ),
    ],
    /** @param {number | null} index */
    mark(index) {
      if (index === null) return large.outline(role, null);
      large.outline(role, { top: Math.floor(index / width), left: index % width, height: 1, width: 1 });
    },
  };
}
