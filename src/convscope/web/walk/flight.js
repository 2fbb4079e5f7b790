/**
 * Animate numbers from where they are computed to where they are used: products to the sum, the maximum out
 * of its window, and the result into its cell of the map. Elements are found by their class, `flies` or
 * `lands`.
 */

import { element } from "convscope/kit/dom.js";

const GATHER = 420; // milliseconds
const DELIVER = 320;

/** Start the animation. @param {Element} scene  element that contains the three panes */
export function fly(scene) {
  const landing = scene.querySelector(".lands");
  const cell = scene.querySelector(".output-pane .outline.output");
  if (!landing) return;
  for (const from of scene.querySelectorAll(".flies")) move(from, landing, 0, GATHER);
  if (cell) move(landing, cell, GATHER, DELIVER);
}

/**
 * @param {Element} from
 * @param {Element} to
 * @param {number} delay
 * @param {number} duration
 */
function move(from, to, delay, duration) {
  const [start, end] = [from, to].map((one) => one.getBoundingClientRect());
  const copy = element("span", { class: "flying", "aria-hidden": "true" }, from.textContent);
  Object.assign(copy.style, { left: `${start.left}px`, top: `${start.top}px` });
  document.body.append(copy);
  const across = end.left + end.width / 2 - start.left - copy.offsetWidth / 2;
  const down = end.top + end.height / 2 - start.top - copy.offsetHeight / 2;
  copy
    .animate(
      [
        { transform: "none", opacity: 1 },
        { transform: `translate(${across}px, ${down}px)`, opacity: 0.4 },
      ],
      { delay, duration, easing: "ease-in-out", fill: "both" },
    )
    .finished.finally(() => copy.remove());
}
