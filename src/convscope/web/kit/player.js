/**
 * The window slides by itself, cell by cell; it waits while a person looks or steers.
 *
 * @typedef {object} Player
 * @property {HTMLElement} element  button and slider
 * @property {(index: number) => void} follow  sets the slider to a cell that was picked elsewhere
 * @property {() => void} stop
 */

import { element } from "convscope/kit/dom.js";

const CELL_MILLISECONDS = 250;

/**
 * @param {object} setting
 * @param {number} setting.cells  how many there are
 * @param {HTMLElement} setting.watched  where pointer and focus make it wait
 * @param {(index: number) => void} setting.show
 * @returns {Player}
 */
export function player({ cells, watched, show }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let timer = 0;
  const slider = element("input", {
    type: "range",
    min: 0,
    max: cells - 1,
    value: 0,
    "aria-label": "cell, in reading order",
    input: () => show(Number(slider.value)),
  });
  const button = element(
    "button",
    { type: "button", disabled: still, click: () => (timer ? stop() : play()) },
    "▶ play",
  );

  const isWatched = () => watched.matches(":hover") || watched.contains(document.activeElement);
  const tick = () => {
    if (!button.isConnected) return stop();
    if (isWatched() || document.activeElement === slider) return;
    slider.value = String((Number(slider.value) + 1) % cells);
    show(Number(slider.value));
  };
  const play = () => {
    timer = setInterval(tick, CELL_MILLISECONDS);
    button.textContent = "❚❚ pause";
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    button.textContent = "▶ play";
  };
  return {
    element: element(
      "div",
      { class: "player" },
      button,
      slider,
      still &&
        element("span", { class: "quiet" }, "Your system asks for reduced motion: use the slider instead."),
    ),
    follow: (index) => (slider.value = String(index)),
    stop,
  };
}
