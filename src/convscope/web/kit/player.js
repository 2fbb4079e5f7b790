/**
 * Slide a window over a map automatically: slowly at first, so that each cell can be followed, then faster.
 * It pauses while the pointer or the keyboard focus is on the map.
 *
 * @typedef {object} Player
 * @property {HTMLElement} element  the play button, the step button and the slider
 * @property {(index: number) => void} follow  moves the slider to a cell that was selected elsewhere
 * @property {() => boolean} isPlaying
 * @property {() => void} stop
 */

import { element } from "convscope/kit/dom.js";

const SLOW_CELLS = 8; // cells shown one by one
const SLOW_MILLISECONDS = 1000;
const FAST_MILLISECONDS = 50;
const FAST_FRAMES = 160; // frames for all other cells

/**
 * Create a player.
 *
 * @param {object} setting
 * @param {number} setting.cells  number of cells
 * @param {HTMLElement} setting.watched  pauses playback while it is hovered or focused
 * @param {(index: number) => void} setting.show  called for each cell during playback
 * @param {(index: number) => void} setting.pick  called for a cell selected with the step button or the
 *   slider, or at which playback stopped
 * @param {() => void} [setting.dwell]  called after each cell shown slowly
 * @returns {Player}
 */
export function player({ cells, watched, show, pick, dwell }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let timer = 0;
  let shown = 0; // cells since playback started
  const slider = element("input", {
    type: "range",
    min: 0,
    max: cells - 1,
    value: 0,
    "aria-label": "cell, in reading order",
    input: () => pick(Number(slider.value)),
  });
  const button = element(
    "button",
    { type: "button", disabled: still, click: () => (timer ? stop() : play()) },
    "▶ Play",
  );
  const next = element(
    "button",
    {
      type: "button",
      "aria-label": "next cell",
      click() {
        if (timer) stop();
        pick((Number(slider.value) + 1) % cells);
      },
    },
    "+1",
  );

  const isWatched = () => watched.matches(":hover") || watched.contains(document.activeElement);
  const fast = Math.max(1, Math.ceil((cells - SLOW_CELLS) / FAST_FRAMES));
  const isSlow = () => shown < SLOW_CELLS;
  const wait = () => (timer = setTimeout(tick, isSlow() ? SLOW_MILLISECONDS : FAST_MILLISECONDS));
  const tick = () => {
    if (!button.isConnected) return stop();
    if (isWatched() || document.activeElement === slider) return wait();
    if (Number(slider.value) === cells - 1) return stop();
    shown++;
    at(Math.min(Number(slider.value) + (isSlow() ? 1 : fast), cells - 1));
    wait();
  };
  /** @param {number} index */
  const at = (index) => {
    slider.value = String(index);
    show(index);
    if (isSlow()) dwell?.();
  };
  const play = () => {
    shown = 0;
    button.textContent = "❚❚ Pause";
    wait();
    at(Number(slider.value) === cells - 1 ? 0 : Number(slider.value));
  };
  const stop = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    button.textContent = "▶ Play";
    if (button.isConnected) pick(Number(slider.value));
  };
  return {
    element: element(
      "div",
      { class: "player" },
      button,
      next,
      slider,
      still &&
        element(
          "span",
          { class: "quiet" },
          "Your system asks for reduced motion: +1 and the slider move the window.",
        ),
    ),
    follow: (index) => (slider.value = String(index)),
    isPlaying: () => timer !== 0,
    stop,
  };
}
