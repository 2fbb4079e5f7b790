/** Why this answer: what mattered in the picture, and the training pictures most alike. */

import { board } from "convscope/board.js";
import { stepOfKind } from "convscope/chain.js";
import { choice } from "convscope/choice.js";
import { limitOf } from "convscope/colours.js";
import { element } from "convscope/dom.js";
import { legend } from "convscope/legend.js";
import { cellSize, pixelPaint, signedPaint } from "convscope/maps.js";
import { full, three } from "convscope/numbers.js";

/**
 * @typedef {import("convscope/view.js").Context} Context
 * @typedef {import("convscope/chain.js").ImageStep} ImageStep
 * @typedef {import("convscope/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/receptive.js").Rectangle} Rectangle
 */

/**
 * @param {Context} context
 * @returns {import("convscope/view.js").View}
 */
export function why(context) {
  return { below: [gradCam(context), occlusion(context), neighbours(context)] };
}

/** @param {Context} context */
function gradCam(context) {
  const { chain, state, set } = context;
  const cam = chain.why?.grad_cam;
  if (!cam) return null;
  const asked = Number(state.options.class ?? chain.predicted);
  const chosen = cam.classes?.find(({ class_index }) => class_index === asked);
  const names = Object.fromEntries((cam.classes ?? []).map(({ class_index }) => [class_index, chain.classes[class_index]]));
  const title = chain.classes[chosen ? asked : chain.predicted];
  const map = chosen?.map ?? cam.map;
  return element(
    "section",
    {},
    element("h2", {}, `Grad-CAM: which places spoke for ${title}`),
    cam.classes !== undefined &&
      choice("class", String(chosen ? asked : chain.predicted), names, (index) => set("class", index)),
    pair(context, map, (row, column, image) => cellOnPicture(map, row, column, image)),
    element("p", { class: "quiet" }, cam.text),
  );
}

/** @param {Context} context */
function occlusion(context) {
  const { chain } = context;
  const covered = chain.why?.occlusion;
  if (!covered) return null;
  const { window, stride, map } = covered;
  return element(
    "section",
    {},
    element("h2", {}, `Occlusion: what the answer ${chain.classes[chain.predicted]} loses when a square covers the place`),
    pair(context, map, (row, column) => ({
      top: row * stride[0],
      left: column * stride[1],
      height: window[0],
      width: window[1],
    })),
    element("p", { class: "quiet" }, covered.text),
  );
}

/**
 * The picture beside a map of it: point at the map, and the place is outlined in the picture.
 *
 * @param {Context} context
 * @param {Tensor} map  (height, width)
 * @param {(row: number, column: number, image: ImageStep) => Rectangle} place
 */
function pair({ chain, theme, room }, map, place) {
  const image = stepOfKind(chain, "image");
  if (!image) return null;
  const side = Math.min(room.below, 360);
  const [, imageHeight, imageWidth] = image.shape;
  const picture = board(
    { height: imageHeight, width: imageWidth, cell: cellSize(imageWidth, imageHeight, side, 360), paint: pixelPaint(image.pixels) },
    theme,
    { label: "the picture as the network gets it" },
  );
  const [height, width] = map.shape;
  const limit = limitOf(map.data);
  const readout = element("p", { class: "readout", "aria-live": "polite" });
  const show = (/** @type {number} */ row, /** @type {number} */ column) => {
    picture.outline("input", place(row, column, image));
    heat.outline("output", { top: row, left: column, height: 1, width: 1 });
    readout.textContent = `(${row}, ${column}): ${full(map.data[row * width + column])}`;
  };
  const heat = board({ height, width, cell: cellSize(width, height, side, 360), paint: signedPaint(map.data, limit, theme) }, theme, {
    label: `a map of ${height} × ${width} places; arrow keys move`,
    listener: { steered: true, point: show, pick: show },
  });
  const strongest = Array.from(map.data).indexOf(Math.max(...Array.from(map.data)));
  show(Math.floor(strongest / width), strongest % width);
  return element(
    "div",
    { class: "pair" },
    picture.element,
    element("div", {}, heat.element, legend(limit, theme), readout),
  );
}

/**
 * The pixels that a cell of a coarser map lies over.
 *
 * @param {Tensor} map
 * @param {number} row
 * @param {number} column
 * @param {ImageStep} image
 * @returns {Rectangle}
 */
function cellOnPicture(map, row, column, image) {
  const [down, across] = [image.shape[1] / map.shape[0], image.shape[2] / map.shape[1]];
  return { top: row * down, left: column * across, height: down, width: across };
}

/** @param {Context} context */
function neighbours({ chain }) {
  const title = element("h2", {}, "The training pictures most alike");
  if (chain.neighbours.length === 0) {
    return element("section", {}, title, element("p", {}, "No training pictures were given to this walk."));
  }
  return element(
    "section",
    {},
    title,
    element("p", { class: "quiet" }, "Nearest in the last hidden layer: there, alike means alike to the network."),
    element(
      "ul",
      { class: "neighbours" },
      chain.neighbours.map(({ name, label, distance, thumbnail }) =>
        element(
          "li",
          {},
          element("img", { src: thumbnail, alt: `a picture of class ${label}` }),
          element("strong", {}, label),
          element("span", {}, `distance ${three(distance)}`),
          element("span", { class: "quiet", title: name }, name.split("/").pop() ?? name),
        ),
      ),
    ),
  );
}
