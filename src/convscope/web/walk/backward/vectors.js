/** The gradients of a vector, laid out like the vector itself. */

import { board } from "convscope/kit/board.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { cellSize, layout } from "convscope/kit/maps.js";
import { three } from "convscope/kit/numbers.js";
import { gradientLegend, gradientPaint } from "convscope/walk/backward/gradient_maps.js";

/**
 * Draw the gradients.
 *
 * @param {import("convscope/kit/arrays.js").Tensor} gradients  (numbers,)
 * @param {object} setting
 * @param {import("convscope/kit/colours.js").Theme} setting.theme
 * @param {number} setting.room  available width in screen pixels
 * @param {string} setting.role  "input" or "output"
 * @param {string} setting.title
 * @param {(index: number) => void} [setting.point]
 * @param {() => void} [setting.leave]
 * @param {(index: number) => void} setting.pick
 */
export function gradientVector({ data }, { theme, room, role, title, point, leave, pick }) {
  const { width, height } = layout(data.length);
  const limit = limitOf(data);
  const at = (/** @type {number} */ row, /** @type {number} */ column) => row * width + column;
  const inside =
    (/** @type {(index: number) => void} */ then) =>
    (/** @type {number} */ row, /** @type {number} */ column) => {
      if (at(row, column) < data.length) then(at(row, column));
    };
  const made = board(
    { height, width, cell: cellSize(width, height, room), paint: gradientPaint(data, limit, theme) },
    theme,
    {
      label: `${title}, ${data.length} numbers; arrow keys move the cell`,
      text: (index) => three(data[index]),
      listener: { steered: true, point: point && inside(point), leave, pick: inside(pick) },
    },
  );
  return {
    nodes: [
      element(
        "div",
        { class: "seen stack" },
        element("h3", { class: role }, title),
        made.element,
        gradientLegend(limit, theme),
      ),
    ],
    /** @param {number} index */
    show(index) {
      made.outline("output", { top: Math.floor(index / width), left: index % width, height: 1, width: 1 });
    },
  };
}
