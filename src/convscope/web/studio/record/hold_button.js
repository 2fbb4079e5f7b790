/** A button that is active while it is held: with the mouse, by touch, or with the space bar. */

import { element } from "convscope/kit/dom.js";

const KEYS = [" ", "Enter"];

/**
 * Create the button.
 *
 * @param {string} text
 * @param {object} use
 * @param {() => void} use.begin
 * @param {() => void} use.end
 * @param {() => void} use.once  called for a click without a pointer, as sent by screen readers
 */
export function holdButton(text, { begin, end, once }) {
  let isHeld = false;

  function press() {
    if (isHeld) return;
    isHeld = true;
    made.classList.add("held");
    begin();
  }

  function release() {
    if (!isHeld) return;
    isHeld = false;
    made.classList.remove("held");
    end();
  }

  const made = element(
    "button",
    {
      type: "button",
      class: "hold",
      pointerdown: (event) => event instanceof PointerEvent && event.button === 0 && press(),
      pointerup: release,
      pointerleave: release,
      pointercancel: release,
      blur: release,
      contextmenu: (event) => event.preventDefault(), // long touch
      keydown: (event) => {
        if (!(event instanceof KeyboardEvent) || !KEYS.includes(event.key)) return;
        event.preventDefault();
        press();
      },
      keyup: (event) => {
        if (event instanceof KeyboardEvent && KEYS.includes(event.key)) event.preventDefault(); // no click
        release();
      },
      click: (event) => event instanceof MouseEvent && event.detail === 0 && once(), // without a pointer
    },
    text,
  );
  return made;
}
