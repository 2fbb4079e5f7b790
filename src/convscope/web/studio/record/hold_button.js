/** A button that acts as long as it is held: with a mouse, a finger, or the space bar. */

import { element } from "convscope/kit/dom.js";

const KEYS = [" ", "Enter"];

/**
 * @param {string} text
 * @param {object} use
 * @param {() => void} use.begin
 * @param {() => void} use.end
 * @param {() => void} use.once  for a click without a pointer, as a screen reader makes it
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
      contextmenu: (event) => event.preventDefault(), // a long touch
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
