/**
 * The ribbon: all steps in order, each with its most active map; both table of contents and progress bar. For
 * deep networks it lists blocks, and only the current block shows its steps.
 */

import { element, link } from "convscope/kit/dom.js";
import { format } from "convscope/kit/address.js";
import { rem } from "convscope/kit/maps.js";
import { blocksOf } from "convscope/walk/blocks.js";
import { EXTRAS } from "convscope/walk/kinds.js";
import { stepThumbnail } from "convscope/walk/step_thumbnail.js";

const SIDE = 2; // of a thumbnail, in rem

/**
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 */

/**
 * Draw the ribbon.
 *
 * @param {Chain} chain
 * @param {import("convscope/kit/address.js").State} state
 * @param {Theme} theme
 * @param {string} current  name of the step or page shown
 */
export function ribbon(chain, state, theme, current) {
  const stepEntry = (/** @type {Step} */ step, title = step.short) =>
    entry(state, step.name, current, [
      element("span", { class: "thumbnail" }, stepThumbnail(step, theme, rem(SIDE))),
      element("span", {}, title),
    ]);
  const steps = blocksOf(chain.steps).map(({ title, steps: inside }) => {
    const isOpen = inside.length > 1 && inside.some(({ name }) => name === current);
    return isOpen
      ? openBlock(
          title,
          inside.map((step) => stepEntry(step)),
        )
      : stepEntry(inside[inside.length - 1], title);
  });
  const [first, ...others] = Object.entries(EXTRAS)
    .filter(([, { isPresent }]) => isPresent(chain))
    .map(([name, { title }]) => entry(state, name, current, [element("span", {}, title)]));
  return element("nav", { class: "ribbon", "aria-label": "steps" }, element("ol", {}, first, steps, others));
}

/**
 * @param {string} title
 * @param {HTMLElement[]} entries
 */
function openBlock(title, entries) {
  return element(
    "li",
    { class: "block" },
    element("span", { class: "quiet" }, title),
    element("ol", { "aria-label": title }, entries),
  );
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
