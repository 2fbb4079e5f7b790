/** Station 1: a picture as numbers, in black and white, in grey, and in colour. */

import { element } from "convscope/kit/dom.js";
import { count } from "convscope/kit/numbers.js";
import { pictureCanvas, pointed } from "convscope/playground/stations/grey_canvas.js";
import { brightness } from "convscope/playground/stations/picture.js";
import { slider, stationFrame, toggles } from "convscope/playground/stations/station.js";

const LENS = 7; // pixels per side
const MODES = ["Black and white", "Grey", "Colour"];
const BITS = [1, 8, 24];

/**
 * @param {import("convscope/playground/stations/station.js").Context} _context
 * @param {import("convscope/playground/stations/picture.js").PictureSource} source
 * @returns {import("convscope/playground/stations/station.js").Station}
 */
export function imageStation(_context, source) {
  let [mode, limit, row, column] = [1, 128, 41, 36];
  const { canvas, paint } = pictureCanvas("the picture");
  const { holder, mark } = pointed(
    canvas,
    "the picture: point at pixels, or move the lens with the arrow keys",
    (y, x) => {
      [row, column] = [y, x];
      drawLens();
    },
  );
  const lens = element("div", { class: "lens", role: "img" });
  const size = element("p", { class: "quiet" });
  const threshold = slider("Threshold of white", { min: 1, max: 255, value: limit }, (value) => {
    limit = value;
    draw();
  });
  threshold.element.hidden = true; // used only for black and white
  const modes = toggles("colours", MODES, (place) => {
    mode = place;
    draw();
  });
  modes.press(mode);

  /** @param {number} place @returns {number[]} */
  const numbersAt = (place) => {
    if (mode === 2) return [...source.picture.rgb.subarray(3 * place, 3 * place + 3)];
    const grey = Math.round(greys[place]);
    return [mode === 1 ? grey : Number(grey >= limit)];
  };
  /** @param {number} place @returns {[number, number, number]} */
  const colourAt = (place) => {
    const [first, second = first, third = first] = numbersAt(place).map((one) => (mode ? one : 255 * one));
    return [first, second, third];
  };
  let greys = brightness(source.picture);

  function draw() {
    const { width, height } = source.picture;
    greys = brightness(source.picture);
    paint(width, height, colourAt);
    threshold.element.hidden = mode !== 0;
    const numbers = width * height * (mode === 2 ? 3 : 1);
    size.textContent = `${width} × ${height} pixels${mode === 2 ? " × 3 colours" : ""} = ${count(numbers)} numbers, ${count((width * height * BITS[mode]) / 8)} bytes`;
    drawLens();
  }

  function drawLens() {
    const { width, height } = source.picture;
    const top = Math.max(0, Math.min(height - LENS, row - (LENS - 1) / 2));
    const left = Math.max(0, Math.min(width - LENS, column - (LENS - 1) / 2));
    mark(top, left, LENS, LENS);
    lens.setAttribute(
      "aria-label",
      `${LENS} × ${LENS} pixels from row ${top + 1}, column ${left + 1}, as numbers`,
    );
    lens.replaceChildren(
      ...Array.from({ length: LENS * LENS }, (_, cell) => {
        const place = (top + Math.floor(cell / LENS)) * width + left + (cell % LENS);
        const [red, green, blue] = colourAt(place);
        const made = element(
          "span",
          {},
          numbersAt(place).map((one) => element("span", {}, String(one))),
        );
        made.style.background = `rgb(${red} ${green} ${blue})`;
        made.style.color = 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000" : "#fff";
        return made;
      }),
    );
  }

  const frame = stationFrame(
    {
      kind: "image",
      number: 1,
      title: "Image",
      question: "What does the computer see?",
      text: [
        "Numbers. A black-and-white picture is a table of zeros and ones, a grey one a table of brightness from 0 to 255. A colour picture is three such tables, one each for red, green and blue: three channels.",
      ],
      task: "Point at an edge in the picture. Where is it in the numbers?",
    },
    [
      source.chooser(draw),
      modes.element,
      element(
        "div",
        { class: "side-by-side" },
        element("div", { class: "stack" }, holder, size, threshold.element),
        lens,
      ),
    ],
  );
  return {
    kind: "image",
    element: frame,
    draw: () => (source.isDrawing || !canvas.dataset.drawn) && drawOnce(),
  };

  function drawOnce() {
    canvas.dataset.drawn = "true";
    draw();
  }
}
