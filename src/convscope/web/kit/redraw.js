/**
 * Redraw part of a page without losing the user's state. Controls are matched by name: keyboard focus, edited
 * text fields and open sections are restored.
 */

import { flat } from "convscope/kit/dom.js";

const CONTROLS = "a[href], button, input, select, summary, [tabindex]";

/** Redraws waiting until the user leaves a text field of that part. @type {WeakMap<Element, () => void>} */
const postponed = new WeakMap();

/**
 * Redraw a part of the page, or wait until the user has left the text field being edited in it.
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
 * Record focus, edited fields and open sections of a part.
 *
 * @param {Element} root
 * @returns {(root: Element) => boolean}  restores them in the part drawn in its place; returns whether a
 *   control has the focus again
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
 * Return the name by which a control is matched.
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
 * Whether the user has changed the value of a text field.
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
