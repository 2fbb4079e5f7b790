/**
 * The picture of the first two stations: a painted one, the user's own photo, or the drawing.
 *
 * @typedef {{width: number, height: number, rgb: Uint8ClampedArray}} Picture  rgb: three bytes per pixel
 */

import { element } from "convscope/kit/dom.js";
import { fileButton } from "convscope/kit/files.js";
import { toggles } from "convscope/playground/stations/station.js";

const SIDE = 72; // pixels: fine enough to recognise the picture, coarse enough to see the pixels

export class PictureSource {
  /** @param {import("convscope/playground/stations/station.js").Context} context */
  constructor(context) {
    this.context = context;
    this.painted = painted();
    /** @type {Picture | null} */
    this.photo = null;
    this.chosen = 0;
    /** @type {(() => void)[]} */
    this.listeners = [];
    /** @type {{press: (place: number) => void}[]} */
    this.switches = [];
  }

  /** Whether the picture is the drawing, which changes with each stroke. */
  get isDrawing() {
    return this.chosen === 1;
  }

  /** @returns {Picture} */
  get picture() {
    if (this.isDrawing) return grey(this.context.pixels(), this.context.network.steps[0].shape);
    return this.photo ?? this.painted;
  }

  /** Create the controls that choose the picture. @param {() => void} onChange */
  chooser(onChange) {
    this.listeners.push(onChange);
    const both = toggles("picture", ["A picture", "Your drawing"], (place) => this.choose(place));
    this.switches.push(both);
    const own = fileButton("Your own photo", async ([file]) => file && this.open(file));
    this.problem = element("span", { role: "status", class: "quiet" });
    return element("div", { class: "choices" }, both.element, own, this.problem);
  }

  /** @param {number} place */
  choose(place) {
    this.chosen = place;
    for (const { press } of this.switches) press(place);
    for (const listener of this.listeners) listener();
  }

  /** @param {File} file */
  async open(file) {
    try {
      const bitmap = await createImageBitmap(file);
      const side = Math.min(bitmap.width, bitmap.height);
      const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
      this.photo = drawn((pen) => pen.drawImage(bitmap, left, top, side, side, 0, 0, SIDE, SIDE));
      bitmap.close();
      this.choose(0);
    } catch {
      if (this.problem)
        this.problem.textContent = `${file.name} is not a picture that this browser can read.`;
    }
  }
}

/**
 * Return the luma of each pixel: 0.299 red + 0.587 green + 0.114 blue.
 *
 * @param {Picture} picture
 */
export function brightness({ width, height, rgb }) {
  const result = new Float32Array(width * height);
  for (let place = 0; place < result.length; place++) {
    result[place] = 0.299 * rgb[3 * place] + 0.587 * rgb[3 * place + 1] + 0.114 * rgb[3 * place + 2];
  }
  return result;
}

/**
 * @param {Uint8Array} pixels
 * @param {number[]} shape
 * @returns {Picture}
 */
function grey(pixels, [, height, width]) {
  const rgb = new Uint8ClampedArray(3 * pixels.length);
  pixels.forEach((pixel, place) => rgb.fill(pixel, 3 * place, 3 * place + 3));
  return { width, height, rgb };
}

/**
 * @param {(pen: OffscreenCanvasRenderingContext2D) => void} draw
 * @returns {Picture}
 */
function drawn(draw) {
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(SIDE, SIDE).getContext("2d")
  );
  pen.imageSmoothingQuality = "high";
  draw(pen);
  const { data } = pen.getImageData(0, 0, SIDE, SIDE);
  return { width: SIDE, height: SIDE, rgb: data.filter((_, place) => place % 4 !== 3) };
}

/** Paint a house by the sea: flat colours, sharp and soft edges, and fine lines. */
function painted() {
  return drawn((pen) => {
    const shape = (/** @type {string} */ colour, /** @type {number[]} */ ...points) => {
      pen.fillStyle = colour;
      pen.beginPath();
      for (let place = 0; place < points.length; place += 2) pen.lineTo(points[place], points[place + 1]);
      pen.fill();
    };
    const disc = (
      /** @type {string} */ colour,
      /** @type {number} */ x,
      /** @type {number} */ y,
      /** @type {number} */ radius,
    ) => {
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 7);
      pen.fill();
    };
    const sky = pen.createLinearGradient(0, 0, 0, 44);
    sky.addColorStop(0, "#4f8fd0");
    sky.addColorStop(1, "#f6dcc0");
    pen.fillStyle = sky;
    pen.fillRect(0, 0, SIDE, SIDE);
    disc("#ffd25a", 57, 14, 7);
    pen.fillStyle = "#2f6f96";
    pen.fillRect(0, 42, SIDE, 10);
    shape("#6a8f4a", 0, 72, 0, 50, 20, 44, 48, 50, 72, 46, 72, 72);
    shape("#e9e2d4", 14, 62, 14, 40, 38, 40, 38, 62);
    shape("#b8452f", 10, 41, 26, 25, 42, 41);
    shape("#5a3a2a", 22, 62, 22, 50, 29, 50, 29, 62);
    shape("#9cc7e4", 32, 51, 32, 45, 36, 45, 36, 51);
    shape("#6b4a30", 54, 64, 54, 46, 57, 46, 57, 64);
    disc("#2f6b3a", 55.5, 40, 9);
    disc("#3f8048", 52, 37, 5);
    for (let x = 1; x < SIDE; x += 5) shape("#f4f0e6", x, 70, x, 63, x + 1.5, 63, x + 1.5, 70);
    shape("#f4f0e6", 0, 66, 0, 65, 72, 65, 72, 66);
  });
}
