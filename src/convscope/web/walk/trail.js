/** The trail: the numbers visited on the way back to the pixels, each a link. */

import { outlineBox } from "convscope/kit/board.js";
import { element, link } from "convscope/kit/dom.js";
import { mapCanvas, pixelPaint, rem, thumbnail } from "convscope/kit/maps.js";
import { pixelsOf } from "convscope/kit/receptive.js";
import { format } from "convscope/kit/address.js";
import { cellOf, isInside, placeText, stepNamed, stepOfKind } from "convscope/walk/chain.js";

/**
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/kit/address.js").Place} Place
 * @typedef {import("convscope/kit/address.js").State} State
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 */

const SIDE = 7; // in rem

/**
 * Draw the trail.
 *
 * @param {Chain} chain
 * @param {State} state
 * @param {import("convscope/kit/colours.js").Theme} theme
 * @param {Step} step  the current step
 * @param {Place} place
 */
export function trail(chain, state, theme, step, place) {
  const pieces = state.trail.map((stop, index) => {
    const last = index === state.trail.length - 1;
    const of = stepNamed(chain, stop.step);
    if (!of) return null;
    const at = last ? place : stop.place;
    const text = isInside(of, at) ? `${of.short} ${placeText(chain, of, at)}` : of.short;
    const here = format({ ...state, trail: state.trail.slice(0, index + 1) });
    return element(
      "li",
      {},
      last ? element("strong", {}, text) : link(here, text),
      last ? null : otherWay(state, index, of),
    );
  });
  const pixels = pixelsBehind(chain, step, place);
  return [
    picture(chain, theme, pixels),
    element("ol", { "aria-label": "from the number back to the pixels" }, pieces),
    element("p", { class: "quiet" }, `receptive field: ${pixels.height} × ${pixels.width} pixels`),
  ];
}

/**
 * Link to the branch not taken at an addition: the block or the shortcut.
 *
 * @param {State} state
 * @param {number} index  of the stop in the trail
 * @param {Step} step  the step of that stop
 */
function otherWay(state, index, { kind, sources }) {
  if (kind !== "addition") return null;
  const [{ place }, next] = state.trail.slice(index);
  const taken = sources.findIndex(({ name }) => name === next.step);
  if (taken < 0) return null;
  const other = { step: sources[1 - taken].name, place };
  const href = format({ ...state, trail: [...state.trail.slice(0, index + 1), other] });
  return [" (", link(href, taken === 0 ? "or along the shortcut" : "or through the block"), ")"];
}

/**
 * @param {Chain} chain
 * @param {import("convscope/kit/colours.js").Theme} theme
 * @param {Rectangle} pixels
 */
function picture(chain, theme, pixels) {
  const image = stepOfKind(chain, "image");
  if (!image) return null;
  const [, height, width] = image.shape;
  const drawn = thumbnail(height, width, pixelPaint(image.pixels), rem(SIDE));
  const outline = outlineBox("input", pixels, { ...drawn, cell: drawn.cell / drawn.step });
  return element("div", { class: "board" }, mapCanvas(drawn, theme), outline);
}

/**
 * Return the receptive field of a number: the whole picture if it does not belong to a cell of a map.
 *
 * @param {Chain} chain
 * @param {Step} step
 * @param {Place} place
 * @returns {Rectangle}
 */
function pixelsBehind(chain, step, place) {
  const [, height, width] = chain.steps[0].shape;
  const cell = cellOf(step, place);
  if (cell === null) return { top: 0, left: 0, height, width };
  return pixelsOf(step.receptive_field, cell[1], cell[2], height, width);
}
