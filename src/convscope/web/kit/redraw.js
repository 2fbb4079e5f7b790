/**
 * Drawing a part of the page anew under somebody's hands. Controls are known by their names: the keyboard stays at the
 * control that it was at, fields keep what was written into them, and what was unfolded stays so.
 */

import { flat } from "convscope/kit/dom.js";

const CONTROLS = "a[href], button, input, select, summary, [tabindex]";

/** What is to be drawn once nobody writes in a part any more. @type {WeakMap<Element, () => void>} */
const postponed = new WeakMap();

/**
 * Draws a part, or once somebody who writes in it has left the field.
 *
 * @param {Element} root
 * @param {() => import("convscope/kit/dom.js").Child[]} draw
 */
export function redraw(root, draw) {
  const { activeElement: active } = document;
  const isWritten = active !== null && root.contains(active) && isEdited(active);
  if (isWritten && !postponed.has(root)) {
    active.addEventListener("blur", () => setTimeout(() => postponed.get(root)?.()), { once: true });
  }
  if (isWritten) return void postponed.set(root, () => redraw(root, draw));
  postponed.delete(root);
  const restore = hold(root);
  root.replaceChildren(...flat(draw()));
  restore(root);
}

/**
 * Notes what a person has done to the controls of a part.
 *
 * @param {Element} root
 * @returns {(root: Element) => boolean}  does it to the same controls of what is drawn instead; whether the keyboard
 *   is at one of them now
 */
export function hold(root) {
  const { activeElement: active } = document;
  const focused = active && root.contains(active) ? nameOf(active) : "";
  const written = controls(root)
    .filter(isEdited)
    .map((field) => [nameOf(field), field.value]);
  const open = new Set([...root.querySelectorAll("details[open]:not(.transient) > summary")].map(nameOf));
  return (drawn) => {
    const now = controls(drawn);
    for (const [name, value] of written) {
      const field = now.find((one) => nameOf(one) === name);
      if (field instanceof HTMLInputElement) field.value = value;
    }
    for (const one of now) {
      if (one.parentElement instanceof HTMLDetailsElement && open.has(nameOf(one)))
        one.parentElement.open = true;
    }
    const same = focused ? now.find((one) => nameOf(one) === focused) : undefined;
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
    return same !== undefined;
  };
}

/** @param {Element} root */
function controls(root) {
  return [...root.querySelectorAll(CONTROLS)];
}

/**
 * What a control is called.
 *
 * @param {Element} control
 */
function nameOf(control) {
  const { labels } = /** @type {HTMLInputElement} */ (control);
  const text =
    control.id ||
    control.getAttribute("data-name") ||
    control.getAttribute("aria-label") ||
    labels?.[0]?.firstChild?.textContent;
  return `${control.tagName} ${text || control.getAttribute("href") || control.textContent}`;
}

/**
 * Whether somebody has begun to write something else into a field.
 *
 * @param {Element} field
 * @returns {field is HTMLInputElement}
 */
function isEdited(field) {
  return (
    field instanceof HTMLInputElement &&
    ["text", "number"].includes(field.type) &&
    field.value !== field.defaultValue
  );
}
