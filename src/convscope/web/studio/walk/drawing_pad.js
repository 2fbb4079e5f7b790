/**
 * A drawing pad for mouse, pen and touch. Next to it is the network's input: the server centres and scales
 * the drawing like the training pictures.
 *
 * @typedef {import("convscope/studio/answers.js").DrawingPreview} Drawn
 */

import { unpackAll } from "convscope/kit/arrays.js";
import { element } from "convscope/kit/dom.js";
import { problemBox } from "convscope/kit/problem.js";
import { post } from "convscope/studio/api.js";
import { preview } from "convscope/kit/preview.js";

const SIDE = 280; // side of the resulting picture in pixels
const STROKE = SIDE / 9;

/**
 * @param {string} model
 * @param {(picture: string) => void} onDrawn
 * @returns {HTMLElement}
 */
export function drawingPad(model, onDrawn) {
  const pad = element("canvas", {
    width: SIDE,
    height: SIDE,
    class: "pad",
    role: "img",
    "aria-label": "drawing pad",
  });
  const pen = /** @type {CanvasRenderingContext2D} */ (pad.getContext("2d"));
  const seen = element("div", { class: "stack", "aria-live": "polite" });
  let turn = 0;
  const send = async (/** @type {boolean} */ keep) => {
    const mine = ++turn;
    const drawing = await new Promise((/** @type {(png: Blob | null) => void} */ done) => pad.toBlob(done));
    try {
      /** @type {Drawn} */
      const drawn = await unpackAll(await post(`/api/models/${model}/drawings?keep=${keep}`, drawing));
      if (mine !== turn) return;
      seen.replaceChildren(...preview(drawn));
      if (drawn.picture !== null) onDrawn(drawn.picture);
    } catch (error) {
      if (mine === turn) seen.replaceChildren(problemBox(error));
    }
  };
  const clear = () => {
    turn++;
    pen.fillRect(0, 0, SIDE, SIDE);
    seen.replaceChildren();
  };
  Object.assign(pen, {
    fillStyle: "#000",
    strokeStyle: "#fff",
    lineWidth: STROKE,
    lineCap: "round",
    lineJoin: "round",
  });
  clear();
  drawOn(pad, pen, () => send(false));
  return element(
    "div",
    { class: "stack" },
    element("div", { class: "row" }, pad, seen),
    element(
      "p",
      { class: "row" },
      element("button", { type: "button", click: () => send(true) }, "Walk through this drawing"),
      element("button", { type: "button", click: clear }, "Clear"),
    ),
  );
}

/**
 * Listen for strokes.
 *
 * @param {HTMLCanvasElement} pad
 * @param {CanvasRenderingContext2D} pen
 * @param {() => void} onStroke  called at the end of each stroke
 */
function drawOn(pad, pen, onStroke) {
  const to = (/** @type {PointerEvent} */ event, shift = 0) => {
    const { left, top, width } = pad.getBoundingClientRect();
    const scale = SIDE / width;
    pen.lineTo((event.clientX - left) * scale + shift, (event.clientY - top) * scale);
    pen.stroke();
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    pen.beginPath();
    to(event);
    to(event, 0.1); // a tap leaves a dot
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.buttons) to(event);
  });
  pad.addEventListener("pointerup", onStroke);
}
