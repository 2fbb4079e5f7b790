/**
 * One step of a walk embedded in another page: the walk's own view, without ribbon, trail and address.
 *
 * @typedef {import("convscope/kit/address.js").Place} Place
 * @typedef {import("convscope/kit/address.js").Stop} Stop
 * @typedef {{path: string[], options: Record<string, string>}} Elsewhere  target of links; the selected
 *   number is added as `at`
 */

import { format, further, instead, whole } from "convscope/kit/address.js";
import { element } from "convscope/kit/dom.js";
import { hold } from "convscope/kit/redraw.js";
import { followTheme, theme } from "convscope/kit/theme.js";
import { stepNamed } from "convscope/walk/chain.js";
import { panes } from "convscope/walk/frame.js";
import { KINDS } from "convscope/walk/kinds.js";

/**
 * Draw the step.
 *
 * @param {HTMLElement} root
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {Stop} stop  the number selected first
 * @param {Elsewhere} elsewhere
 * @param {AbortSignal} signal  removes the event listeners
 */
export function stage(root, chain, stop, elsewhere, signal) {
  const found = stepNamed(chain, stop.step);
  if (!found) throw new RangeError(`the walk has no step ${stop.step}`);
  const step = found;
  const speech = element("p", { class: "unseen", role: "status" });
  /** @type {import("convscope/kit/address.js").State} */
  let state = { ...elsewhere, trail: [stop] };
  /** @type {import("convscope/walk/view.js").View} */
  let view = {};
  const show = (/** @type {Place} */ place) => view.show?.(place);
  const pinned = () => state.trail[0].place;

  function draw() {
    const restore = hold(root);
    const { three, below, room, fill } = panes(step.title);
    root.replaceChildren(three, below, speech);
    view = KINDS[step.kind].view(step, context(room()));
    fill(view);
    show(pinned());
    restore(root);
  }

  /**
   * @param {import("convscope/walk/view.js").Context["room"]} room
   * @returns {import("convscope/walk/view.js").Context}
   */
  function context(room) {
    return {
      chain,
      state,
      theme: theme(),
      place: pinned(),
      room,
      point: show,
      leave: () => show(pinned()),
      pick,
      back: (to) => (location.href = whole(format(further(state, to)))),
      backTo: (...stops) => format(further(state, ...stops)),
      set(name, value) {
        state = { ...state, options: { ...state.options, [name]: value } };
        draw();
      },
      absent: "The whole walk shows it.",
      noNeighbours: "The whole walk shows the training pictures.",
    };
  }

  /** @param {Place} place */
  function pick(place) {
    const isOfSameMap = place.length < 3 || place[0] === pinned()[0];
    state = instead(state, { step: stop.step, place });
    if (isOfSameMap) show(place);
    else draw();
    speech.textContent = view.spoken?.(place) ?? "";
  }

  draw();
  addEventListener("resize", draw, { signal });
  followTheme(draw, signal);
}
