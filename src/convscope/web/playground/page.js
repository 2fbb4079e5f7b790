/**
 * The playground: a small network that classifies drawings, shows each of its steps, and can be trained.
 *
 * @typedef {import("convscope/playground/engine/network.js").StepDescription} StepDescription
 * @typedef {{pixels: import("convscope/kit/arrays.js").Packed, labels: number[]}} PackedDrawings
 * @typedef {{training: PackedDrawings, validation: PackedDrawings}} PackedSets
 * @typedef {object} Data
 * @property {string[]} classes
 * @property {import("convscope/playground/engine/trainer.js").Scale} scale
 * @property {StepDescription[]} steps
 * @property {Record<string, string>} weights  float32, base64-encoded
 * @property {string} examples  one drawing per class, bytes in base64
 * @property {number} count  number of training drawings
 * @property {string} worker  source of the training worker
 */

import { element } from "convscope/kit/dom.js";
import { pageTop } from "convscope/kit/page_top.js";
import { redraw } from "convscope/kit/redraw.js";
import { followTheme } from "convscope/kit/theme.js";
import { Playground } from "convscope/playground/playground.js";

/**
 * @param {Data & {drawings: PackedSets}} data
 * @param {HTMLElement} root
 */
export function open(data, root) {
  const top = element("div");
  const main = element("main", { class: "playground" });
  root.replaceChildren(top, main);
  const playground = new Playground(data, main, async () => data.drawings);
  const draw = () => {
    redraw(top, () => [pageTop([element("span", {}, "Playground")], draw)]);
    playground.draw();
  };
  followTheme(draw);
  draw();
}
