/**
 * The weights of one filter as fields on their colours: a number is typed, or dragged up and down like a slider.
 */

import { css, inkOn, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { theme } from "convscope/kit/theme.js";

const STEPS = 40; // of a drag from 0 to the largest weight
const PIXELS = 3; // a step
const DIGITS = 3;

/**
 * @param {HTMLInputElement[]} fields  row by row
 * @param {number} columns
 * @param {number} limit  of the colour scale, and what a drag of 120 pixels adds
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
 * Lets a number be dragged; what it comes to is changed once the pointer is released.
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
