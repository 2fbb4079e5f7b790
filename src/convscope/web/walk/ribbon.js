/** The ribbon: every step in its order, with its most active map and its shape. Table of contents and progress. */

import { largestFirst, mapOf } from "convscope/kit/arrays.js";
import { element, link } from "convscope/kit/dom.js";
import { layout, mapCanvas, pixelPaint, signedPaint, thumbnail } from "convscope/kit/maps.js";
import { shapeText } from "convscope/kit/numbers.js";
import { format } from "convscope/kit/state.js";
import { activities, hasMaps } from "convscope/walk/chain.js";

/**
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 */

const SIDE = 48; // screen pixels

/** Pages that are no step: address and name. */
export const EXTRAS = { overview: "overview", why: "why this answer", invariance: "invariance" };

/**
 * @param {Chain} chain
 * @param {import("convscope/kit/state.js").State} state
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
  const [first, ...others] = extras(chain).map(([name, title]) =>
    entry(state, name, current, [element("span", {}, title)]),
  );
  return element("nav", { class: "ribbon", "aria-label": "steps" }, element("ol", {}, first, steps, others));
}

/**
 * The pages that this walk has something for.
 *
 * @param {Chain} chain
 */
function extras({ why, neighbours, invariance }) {
  const present = {
    overview: true,
    why: why !== null || neighbours.length > 0,
    invariance: invariance.length > 0,
  };
  return Object.entries(EXTRAS).filter(([name]) => present[/** @type {keyof typeof EXTRAS} */ (name)]);
}

/**
 * @param {import("convscope/kit/state.js").State} state
 * @param {string} name
 * @param {string} current
 * @param {HTMLElement[]} content
 */
function entry({ options }, name, current, content) {
  const made = link(format({ trail: [{ step: name, place: [] }], options }), content);
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
