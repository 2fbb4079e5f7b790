/**
 * A picture that a slider shifts, one of its feature maps, and the same map after pooling.
 *
 * @typedef {import("convscope/studio/answers.js").Shifts} Shifts
 * @typedef {import("convscope/studio/answers.js").Shift} Shift
 */

import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { cellSize, channelPaint, mapCanvas, rem, signedPaint } from "convscope/kit/maps.js";
import { percent } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";
import { get } from "convscope/studio/api.js";

const SIDE = 14; // maximum side in rem
const GAP = 16;

/**
 * @param {HTMLElement} root
 * @param {URLSearchParams} asked
 */
export async function shifting(root, asked) {
  /** @type {Shifts} */
  const { map, shifts } = await get(`/api/lesson/pooling/illustration?${asked}`);
  const side = Math.min(rem(SIDE), (root.clientWidth - 2 * GAP) / 3);
  const limit = limitOf(shifts.flatMap(({ before }) => before.flat()));
  const shown = element("div", { class: "move-picture", role: "status" });
  const slider = element("input", {
    type: "range",
    min: 0,
    max: shifts.length - 1,
    value: 0,
    "aria-label": "columns that the picture has moved by",
    input: () => show(shifts[Number(slider.value)]),
  });
  /** @param {Shift} one */
  function show(one) {
    slider.setAttribute("aria-valuetext", `${one.columns} columns`);
    shown.replaceChildren(
      figure(side, `moved by ${one.columns}`, one.picture, (values) => channelPaint(values, "grey")),
      figure(side, `before pooling: ${percent(one.changed_before)}`, one.before, (values) =>
        signedPaint(values, limit, theme()),
      ),
      figure(side, `after pooling: ${percent(one.changed_after)}`, one.after, (values) =>
        signedPaint(values, limit, theme()),
      ),
    );
  }
  show(shifts[0]);
  root.append(
    element(
      "div",
      { class: "stack" },
      element("h2", {}, "Move the picture"),
      element(
        "p",
        {},
        `How much do all maps change before and after pooling, as a fraction of their sum? Map ${map} is shown.`,
      ),
      slider,
      shown,
    ),
  );
}

/**
 * @param {number} side
 * @param {string} caption
 * @param {number[][]} rows
 * @param {(values: number[]) => import("convscope/kit/maps.js").Paint} paint
 */
function figure(side, caption, rows, paint) {
  const [height, width] = [rows.length, rows[0].length];
  return element(
    "figure",
    {},
    mapCanvas(
      { height, width, cell: cellSize(width, height, side, side), paint: paint(rows.flat()) },
      theme(),
    ),
    element("figcaption", {}, caption),
  );
}
