/** A square to draw in, with the mouse, a pen or a finger: white on black, as handwritten digits are stored. */

import { choice } from "convscope/choice.js";
import { element } from "convscope/dom.js";

const SIDE = 280; // pixels of the picture that is made
const STROKE = SIDE / 9;
const INKS = /** @type {Record<string, [string, string]>} */ ({
  white: ["#fff", "#000"],
  black: ["#000", "#fff"],
});

/**
 * @param {(picture: Blob) => void} onDrawn
 * @returns {HTMLElement}
 */
export function drawingPad(onDrawn) {
  const pad = element("canvas", {
    width: SIDE,
    height: SIDE,
    class: "pad",
    role: "img",
    "aria-label": "drawing pad",
  });
  const pen = /** @type {CanvasRenderingContext2D} */ (pad.getContext("2d"));
  let ink = "white";
  const clear = () => {
    const [front, ground] = INKS[ink];
    Object.assign(pen, {
      fillStyle: ground,
      strokeStyle: front,
      lineWidth: STROKE,
      lineCap: "round",
      lineJoin: "round",
    });
    pen.fillRect(0, 0, SIDE, SIDE);
  };
  clear();
  drawOn(pad, pen);
  const inks = choice("ink", ink, { white: "white on black", black: "black on white" }, (chosen) => {
    ink = chosen;
    clear();
  });
  const send = () => pad.toBlob((picture) => picture && onDrawn(picture));
  return element(
    "div",
    { class: "stack" },
    pad,
    element(
      "p",
      { class: "row" },
      element("button", { type: "button", click: send }, "walk this drawing"),
      element("button", { type: "button", click: clear }, "clear"),
      inks,
    ),
  );
}

/**
 * @param {HTMLCanvasElement} pad
 * @param {CanvasRenderingContext2D} pen
 */
function drawOn(pad, pen) {
  const to = (/** @type {PointerEvent} */ event) => {
    const { left, top, width } = pad.getBoundingClientRect();
    const scale = SIDE / width;
    pen.lineTo((event.clientX - left) * scale, (event.clientY - top) * scale);
    pen.stroke();
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    pen.beginPath();
    to(event);
    to(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.buttons) to(event);
  });
}
