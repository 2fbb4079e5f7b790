/**
 * Colours of a step's maps: pixels in their own colours, a filtered photo in grey, all other maps on the
 * signed scale, which the maps of a step share unless each has its own.
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
 * Return the colours and the legend of one map.
 *
 * @param {Step} step
 * @param {number} map
 * @param {Pick<Context, "chain" | "state" | "theme">} context
 * @param {number} [shared]  limit of the shared scale, if not that of the step
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
 * Whether each map has its own colour scale.
 *
 * @param {Context["state"]} state
 */
export function isOwn({ options }) {
  return options.scale === "own";
}

/**
 * Whether the walk is a photo with filters applied to it, without classes.
 *
 * @param {Context["chain"]} chain
 */
export function isPhoto({ classes }) {
  return classes.length === 0;
}

/**
 * Return the limit of a map's own scale, which is the same before and after ReLU.
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
