/** Render the backward pass of a step once its gradients have been loaded. */

import { instead } from "convscope/kit/address.js";
import { element } from "convscope/kit/dom.js";
import { percent } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { brightest, isAfterLogits, isInside } from "convscope/walk/chain.js";
import { frame } from "convscope/walk/frame.js";
import { focusOf, membersOf, named, probabilityOf } from "convscope/walk/truth.js";
import { strongest } from "convscope/walk/backward/gradient_maps.js";
import { placeOf } from "convscope/walk/backward/source.js";
import { backwardKind, neededFor } from "convscope/walk/backward/views.js";

const SURE = 0.9;

/**
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/kit/address.js").State} State
 * @typedef {import("convscope/kit/address.js").Place} Place
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/backward/source.js").Kept} Kept
 * @typedef {import("convscope/walk/backward/source.js").Gradients} Gradients
 *
 * @typedef {object} Page  the part of the walk page used here
 * @property {import("convscope/walk/chain.js").Chain} chain
 * @property {HTMLElement} main
 * @property {HTMLElement} trail
 * @property {State} [state]
 * @property {Step} [step]
 * @property {Place} [pinned]
 * @property {import("convscope/walk/view.js").View} view
 * @property {Kept | null} gradients
 * @property {() => void} render
 * @property {(place: Place) => void} show
 * @property {(step: Step) => HTMLElement} steps  links to the previous and the next step
 * @property {(place: Place, room: Context["room"]) => Context} context
 * @property {(name: string, value: string) => void} keepOption
 * @property {(place: Place) => void} jump
 */

/**
 * @param {Page} page
 * @param {Kept} kept
 * @param {Step} step
 * @param {Place} asked
 * @param {number} truth
 */
export function renderBack(page, kept, step, asked, truth) {
  const { chain, main, trail } = page;
  const needed = neededFor(chain, step);
  const own = kept.now(truth, needed);
  const { text, view } = backwardKind(chain, step);
  const outer = frame(`${step.title}: backpropagation`, "", text);
  main.replaceChildren(outer.element);
  page.step = step;
  outer.where.append(trail, page.steps(step));
  page.pinned = isInside(step, asked)
    ? asked
    : own
      ? start(chain, kept, step, own, truth)
      : brightest(chain, step);
  page.state = instead(page.state ?? { path: [], trail: [], options: {} }, {
    step: step.name,
    place: page.pinned,
  });
  page.view = {};
  if (own) {
    const context = {
      ...page.context(page.pinned, outer.room()),
      keep: page.keepOption.bind(page),
      jump: page.jump.bind(page),
    };
    page.view = view(step, { context, truth, kept, own });
    outer.fill(page.view);
    outer.notes.append(...sureNote(chain, truth));
  } else {
    outer.three.remove();
    outer.notes.append(kept.source.truths.length ? waiting(page, kept, needed, truth) : absent(kept));
  }
  page.show(page.pinned);
}

/**
 * Return the number to show first: the map or neuron with a studied weight, otherwise the largest gradient.
 *
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {Kept} kept
 * @param {Step} step
 * @param {Gradients} own
 * @param {number} truth
 * @returns {Place}
 */
function start(chain, { source }, step, own, truth) {
  if (isAfterLogits(step)) return [focusOf(chain, truth)];
  const [weight] = source.studied(truth, step.name);
  if (!weight) return strongest(own.at_output);
  const [owner] = placeOf(weight);
  return step.shape.length === 3 ? strongest(own.at_output, owner) : [owner];
}

/**
 * Explain why the gradients are small: a confident prediction leaves little to learn.
 *
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {number} truth
 */
function sureNote(chain, truth) {
  const probability = probabilityOf(chain, truth);
  if (probability < SURE) return [];
  const text = `The network is already ${percent(probability)} sure of ${named(chain, membersOf(chain, truth))}, so every gradient is small: there is little left to learn. Choose another class as the true one to see larger gradients.`;
  return [element("p", { class: "note" }, text)];
}

/**
 * Load the gradients, then render again.
 *
 * @param {Page} page
 * @param {Kept} kept
 * @param {string} needed
 * @param {number} truth
 */
function waiting(page, kept, needed, truth) {
  const note = element("p", { class: "note", role: "status" }, "Computing the gradients …");
  kept.make(truth, needed).then(
    () => page.gradients === kept && note.isConnected && page.render(),
    (error) => note.replaceWith(problemBox(error)),
  );
  return note;
}

/** @param {Kept} kept */
function absent({ source }) {
  return element("p", { class: "note" }, source.leftOut);
}
