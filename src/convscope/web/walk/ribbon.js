/** The ribbon: every step in its order, with its most active map and its shape. Table of contents and progress. */

import { largestFirst, mapOf } from "convscope/kit/arrays.js";
import { element, link } from "convscope/kit/dom.js";
import { layout, mapCanvas, pixelPaint, signedPaint, thumbnail } from "convscope/kit/maps.js";
import { shapeText } from "convscope/kit/numbers.js";
import { format } from "convscope/kit/address.js";
import { activities, hasMaps } from "convscope/walk/chain.js";
import { EXTRAS } from "convscope/walk/kinds.js";

/**
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 */

const SIDE = 48; // screen pixels

/**
 * @param {Chain} chain
 * @param {import("convscope/kit/address.js").State} state
 * @param {Theme} theme
 * @param {string} current  the step or page that is shown
 */
export function ribbon(chain, state, theme, current) {
  const steps = chain.steps.map((step) =>
    entry(state, step.name, current, [
      element("span", { class: "thumbnail" }, drawing(step, theme)),
      element("span", {}, step.short),
      element("span", { class: "quiet" }, shapeText(step.shape)),
    ]),
  );
  const [first, ...others] = Object.entries(EXTRAS)
    .filter(([, { isPresent }]) => isPresent(chain))
    .map(([name, { title }]) => entry(state, name, current, [element("span", {}, title)]));
  return element("nav", { class: "ribbon", "aria-label": "steps" }, element("ol", {}, first, steps, others));
}

/**
 * @param {import("convscope/kit/address.js").State} state
 * @param {string} name
 * @param {string} current
 * @param {HTMLElement[]} content
 */
function entry(state, name, current, content) {
  const made = link(format({ ...state, trail: [{ step: name, place: [] }] }), content);
  if (name === current) made.setAttribute("aria-current", "step");
  return element("li", {}, made);
}

/**
 * @param {Step} step
 * @param {Theme} theme
 */
function drawing(step, theme) {
  const { height, width } = hasMaps(step)
    ? { height: step.shape[1], width: step.shape[2] }
    : layout(step.output.data.length);
  const map = hasMaps(step) ? largestFirst(activities(step))[0] : 0;
  const paint =
    step.kind === "image" ? pixelPaint(step.pixels) : signedPaint(mapOf(step.output, map), step.limit, theme);
  return mapCanvas(thumbnail(height, width, paint, SIDE), theme);
}
