/**
 * The frame of a station: number, question, a short answer, and an interactive figure.
 *
 * @typedef {object} Context  shared by all stations
 * @property {import("convscope/playground/engine/network.js").Network} network  after its latest forward pass
 * @property {string[]} classes
 * @property {() => Uint8Array} pixels  pixels of the drawing
 * @property {import("convscope/playground/engine/trainer.js").Scale} scale
 *
 * @typedef {object} Station
 * @property {string} kind  the kind of step it explains
 * @property {HTMLElement} element
 * @property {() => void} draw  redraws the station for the current drawing and network
 */

import { element } from "convscope/kit/dom.js";

/**
 * Create the frame.
 *
 * @param {object} setting
 * @param {string} setting.kind
 * @param {number} setting.number
 * @param {string} setting.title
 * @param {string} setting.question
 * @param {string[]} setting.text  paragraphs
 * @param {string} setting.task  something to try
 * @param {Node[]} figure
 */
export function stationFrame({ kind, number, title, question, text, task }, figure) {
  const id = `station-${kind}`;
  return element(
    "section",
    { class: "station", id, tabindex: -1, "aria-labelledby": `${id}-title` },
    element(
      "div",
      { class: "words" },
      element(
        "h2",
        { id: `${id}-title` },
        element("span", { class: "ordinal" }, String(number)),
        ` ${title}`,
      ),
      element("p", { class: "asked" }, question),
      text.map((paragraph) => element("p", {}, paragraph)),
      element("p", { class: "task" }, element("strong", {}, "Try: "), task),
    ),
    element("div", { class: "figure" }, figure),
  );
}

/**
 * Create a group of buttons, one of which is pressed.
 *
 * @param {string} label  accessible name of the group
 * @param {string[]} names
 * @param {(place: number) => void} onChoose
 */
export function toggles(label, names, onChoose) {
  const buttons = names.map((name, place) =>
    element("button", { type: "button", "aria-pressed": "false", click: () => choose(place) }, name),
  );
  const press = (/** @type {number} */ chosen) =>
    buttons.forEach((one, place) => one.setAttribute("aria-pressed", String(place === chosen)));
  const choose = (/** @type {number} */ place) => {
    press(place);
    onChoose(place);
  };
  press(0);
  return {
    element: element("div", { class: "toggles", role: "group", "aria-label": label }, buttons),
    press,
  };
}

/**
 * Create a slider with its label and value.
 *
 * @param {string} name
 * @param {{min: number, max: number, value: number, step?: number}} range
 * @param {(value: number) => void} onInput
 */
export function slider(name, { min, max, value, step = 1 }, onInput) {
  const input = element("input", {
    type: "range",
    min,
    max,
    step,
    value,
    input: () => onInput(Number(input.value)),
  });
  return { element: element("label", { class: "slider" }, name, input), input };
}
