/**
 * How the numbers of a step are coloured: pixels in their own colours, a photo through a filter in grey, all other maps
 * on the signed scale, which all maps of a step share unless each is asked to have its own.
 *
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/kit/maps.js").Paint} Paint
 *
 * @typedef {object} Painting
 * @property {Paint} paint
 * @property {() => HTMLElement} legend
 */

import { mapOf } from "convscope/kit/arrays.js";
import { limitOf } from "convscope/kit/colours.js";
import { legend, shadeLegend } from "convscope/kit/legend.js";
import { channelPaint, signedPaint } from "convscope/kit/maps.js";

const WHITE = 255;

/**
 * @param {Step} step
 * @param {number} map
 * @param {Pick<Context, "chain" | "state" | "theme">} context
 * @param {number} [shared]  the end of the scale that maps share, if not that of the step
 * @returns {Painting}
 */
export function painting(step, map, { chain, state, theme }, shared = step.limit) {
  if (step.kind === "image") return ofChannel(step, map);
  const values = mapOf(step.output, map);
  if (isPhoto(chain)) {
    return { paint: channelPaint(values, "grey"), legend: () => shadeLegend("≤ 0", `≥ ${WHITE}`) };
  }
  const limit = isOwn(state) ? ownLimit(step, map) : shared;
  return { paint: signedPaint(values, limit, theme), legend: () => legend(limit, theme) };
}

/**
 * Whether each map has a scale of its own.
 *
 * @param {Context["state"]} state
 */
export function isOwn({ options }) {
  return options.scale === "own";
}

/** Whether the walk is a photo that filters are laid over: there is nothing to classify. @param {Context["chain"]} chain */
export function isPhoto({ classes }) {
  return classes.length === 0;
}

/**
 * Before and after ReLU, the colours are the same.
 *
 * @param {Step} step
 * @param {number} map
 */
function ownLimit(step, map) {
  const of = step.kind === "relu" || step.kind === "relu6" ? step.sources[0] : step;
  return limitOf(mapOf(of.output, map));
}

/**
 * @param {import("convscope/walk/chain.js").ImageStep} step
 * @param {number} channel
 * @returns {Painting}
 */
function ofChannel({ pixels, shape, mean, std }, channel) {
  const name = shape[0] === 3 ? /** @type {const} */ (["red", "green", "blue"])[channel] : "grey";
  const normalised = (/** @type {number} */ pixel) => (pixel - mean[channel]) / std[channel];
  return {
    paint: channelPaint(mapOf(pixels, channel), name),
    legend: () => shadeLegend(normalised(0), normalised(WHITE), name),
  };
}
