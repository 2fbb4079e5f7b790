/**
 * The weights of one filter as editable fields on their colours; a value is typed, or changed by dragging up
 * and down.
 */

import { css, inkOn, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { theme } from "convscope/kit/theme.js";

const STEPS = 40; // steps of a drag from 0 to the largest weight
const PIXELS = 3; // pixels per step
const DIGITS = 3;

/**
 * Create the grid.
 *
 * @param {HTMLInputElement[]} fields  in row-major order
 * @param {number} columns
 * @param {number} limit  limit of the colour scale, and the change of a drag of 120 pixels
 */
export function weightGrid(fields, columns, limit) {
  for (const field of fields) {
    paint(field, limit);
    field.addEventListener("input", () => paint(field, limit));
    dragged(field, limit / STEPS || 1 / STEPS);
  }
  const made = element(
    "div",
    { class: "weight-grid weights", role: "group", "aria-label": "weights" },
    fields,
  );
  made.style.setProperty("--columns", String(columns));
  return made;
}

/**
 * @param {HTMLInputElement} field
 * @param {number} limit
 */
function paint(field, limit) {
  const colour = signed(field.valueAsNumber || 0, limit, theme());
  Object.assign(field.style, { background: css(colour), color: inkOn(colour) });
}

/**
 * Let a number be changed by dragging. The change is sent when the pointer is released.
 *
 * @param {HTMLInputElement} field
 * @param {number} step
 */
function dragged(field, step) {
  let from = 0;
  let value = 0;
  let isMoved = false;
  field.addEventListener("pointerdown", (event) => {
    [from, value, isMoved] = [event.clientY, field.valueAsNumber || 0, false];
    field.setPointerCapture(event.pointerId);
  });
  field.addEventListener("pointermove", (event) => {
    const steps = Math.round((from - event.clientY) / PIXELS);
    if (!field.hasPointerCapture(event.pointerId) || (steps === 0 && !isMoved)) return;
    isMoved = true;
    field.value = String(Number((value + steps * step).toPrecision(DIGITS)));
    field.dispatchEvent(new Event("input"));
  });
  field.addEventListener("pointerup", () => {
    if (isMoved) field.dispatchEvent(new Event("change"));
  });
}
