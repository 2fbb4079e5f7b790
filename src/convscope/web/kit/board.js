/**
 * One large map whose cells can be selected with the mouse, by touch, or with the arrow keys.
 *
 * @typedef {import("convscope/kit/maps.js").Picture} Picture
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 * @typedef {"input" | "weights" | "output" | "winner"} Role
 *
 * @typedef {object} Listener
 * @property {(row: number, column: number) => void} [point]  called when the pointer enters a cell
 * @property {() => void} [leave]  called when the pointer leaves the map
 * @property {(row: number, column: number) => void} [pick]  called when a cell is clicked or reached with the
 *   arrow keys
 * @property {boolean} [steered]  whether the arrow keys move from cell to cell
 *
 * @typedef {object} Board
 * @property {HTMLElement} element
 * @property {(role: Role, rectangle: Rectangle | null) => void} outline  outlines cells in a role's colour
 * @property {(known: number | null) => void} veil  hides all but the first `known` cells in reading order;
 *   null hides none
 */

import { range } from "convscope/kit/arrays.js";
import { inkOn } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { mapCanvas, NO_MARGIN, rem } from "convscope/kit/maps.js";

const SMALLEST_CELL = 1.8; // smallest cell that shows its number, in rem
const DIGIT_WIDTH = 0.45;
const MOVES = /** @type {Record<string, [number, number]>} */ ({
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
});

/**
 * Draw a map as a board.
 *
 * @param {Picture} picture
 * @param {Theme} theme
 * @param {{label: string, text?: (index: number) => string, listener?: Listener}} setting  `text` formats a
 *   cell's number, shown if the cells are large enough
 * @returns {Board}
 */
export function board(picture, theme, { label, text, listener }) {
  const canvas = mapCanvas(picture, theme);
  const steered = listener?.steered ?? false;
  const frame = element(
    "div",
    {
      class: "board",
      role: steered ? "application" : "img",
      "aria-label": label,
      tabindex: steered ? 0 : null,
    },
    canvas,
  );
  if (text && picture.cell >= rem(SMALLEST_CELL)) frame.append(...digits(picture, text));
  /** @type {Map<Role, HTMLElement>} */
  const outlines = new Map();
  const cursor = { row: 0, column: 0 };
  const hidden = element("div", { class: "veil", hidden: true });
  frame.append(hidden);
  if (listener) listen(frame, picture, listener);
  if (listener && steered) steer(frame, picture, cursor, listener);
  return {
    element: frame,
    outline(role, rectangle) {
      if (role === "output" && rectangle)
        Object.assign(cursor, { row: rectangle.top, column: rectangle.left });
      outlines.get(role)?.remove();
      if (rectangle === null) return;
      const made = outlineBox(role, rectangle, picture);
      outlines.set(role, made);
      frame.append(made);
    },
    veil(known) {
      hidden.hidden = known === null;
      if (known !== null) hidden.style.clipPath = beyond(known, picture);
    },
  };
}

/**
 * Return the clip path of all cells after the first `known` in reading order.
 *
 * @param {number} known
 * @param {Picture} picture
 */
function beyond(known, { height, width, cell }) {
  const [row, column] = [Math.floor(known / width), known % width];
  const at = (/** @type {number} */ x, /** @type {number} */ y) => `${x * cell}px ${y * cell}px`;
  const corners = [at(0, row + 1), at(column, row + 1), at(column, row), at(width, row), at(width, height)];
  return `polygon(${[...corners, at(0, height)].join(", ")})`;
}

/**
 * @param {Role} role
 * @param {Rectangle} rectangle
 * @param {Picture} picture
 */
export function outlineBox(role, rectangle, { cell, margin = NO_MARGIN }) {
  const box = element("div", { class: `outline ${role}` });
  box.style.top = `${(rectangle.top + margin.top) * cell}px`;
  box.style.left = `${(rectangle.left + margin.left) * cell}px`;
  box.style.height = `${rectangle.height * cell}px`;
  box.style.width = `${rectangle.width * cell}px`;
  return box;
}

/**
 * @param {HTMLElement} frame
 * @param {Picture} picture
 * @param {Listener} listener
 */
function listen(frame, picture, listener) {
  const { height, width, cell, margin = NO_MARGIN } = picture;
  /** @param {MouseEvent} event */
  const cellAt = (event) => {
    const bounds = frame.getBoundingClientRect();
    const row = Math.floor((event.clientY - bounds.top - frame.clientTop) / cell) - margin.top;
    const column = Math.floor((event.clientX - bounds.left - frame.clientLeft) / cell) - margin.left;
    const inside = row >= 0 && column >= 0 && row < height && column < width;
    return inside && picture.paint(row * width + column) !== null ? { row, column } : null;
  };
  frame.addEventListener("pointermove", (event) => {
    const at = cellAt(event);
    if (at) listener.point?.(at.row, at.column);
  });
  frame.addEventListener("pointerleave", () => listener.leave?.());
  frame.addEventListener("click", (event) => {
    const at = cellAt(event);
    if (at) listener.pick?.(at.row, at.column);
  });
}

/**
 * @param {HTMLElement} frame
 * @param {Picture} picture
 * @param {{row: number, column: number}} cursor
 * @param {Listener} listener
 */
function steer(frame, { height, width, paint }, cursor, listener) {
  frame.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const row = Math.min(Math.max(cursor.row + move[0], 0), height - 1);
    const column = Math.min(Math.max(cursor.column + move[1], 0), width - 1);
    if (paint(row * width + column) === null) return;
    Object.assign(cursor, { row, column });
    listener.pick?.(row, column);
  });
}

/**
 * Write the numbers into the cells, or none if any of them does not fit: a truncated number would be wrong.
 *
 * @param {Picture} picture
 * @param {(index: number) => string} text
 */
function digits({ height, width, cell, paint, margin = NO_MARGIN }, text) {
  const colours = range(height * width).map(paint);
  const texts = colours.map((colour, index) => (colour ? text(index) : ""));
  const longest = Math.max(...texts.map(({ length }) => length));
  if ((longest + 1) * rem(DIGIT_WIDTH) > cell) return [];
  const layer = element("div", { class: "digits", "aria-hidden": "true" });
  layer.style.top = `${margin.top * cell}px`;
  layer.style.left = `${margin.left * cell}px`;
  layer.style.gridTemplateColumns = `repeat(${width}, ${cell}px)`;
  layer.style.gridAutoRows = `${cell}px`;
  for (const [index, colour] of colours.entries()) {
    const digit = element("span", {}, texts[index]);
    if (colour) digit.style.color = inkOn(colour);
    layer.append(digit);
  }
  return [layer];
}
