/** Station 4: what pooling discards, and what it preserves when the picture is shifted. */

import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { percent } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";
import { shifted } from "convscope/playground/drawing.js";
import { Network } from "convscope/playground/engine/network.js";
import { read } from "convscope/playground/engine/trainer.js";
import { signedCanvas } from "convscope/playground/scene/tile.js";
import { pictureCanvas } from "convscope/playground/stations/grey_canvas.js";
import { slider, stationFrame } from "convscope/playground/stations/station.js";

const FAR = 3; // maximum shift in pixels
const SWING = 400; // milliseconds per pixel

/**
 * @param {import("convscope/playground/stations/station.js").Context} context
 * @returns {import("convscope/playground/stations/station.js").Station}
 */
export function poolingStation(context) {
  const { network, classes } = context;
  const moved = new Network(network.steps, network.weights);
  const place = network.steps.findIndex(({ kind }) => kind.endsWith("pooling"));
  const [maps, rows, columns] = network.steps[place].inputShape;
  const [, high, wide] = network.steps[place].shape;
  const image = new Float32Array(network.outputs[0].length);
  const picture = pictureCanvas("the drawing, shifted");
  const before = signedCanvas(rows, columns);
  const after = signedCanvas(high, wide);
  const rowsShown = [
    ["image", 0],
    ["before pooling", place - 1],
    ["after pooling", place],
    ["before the answer", network.steps.length - 3],
  ].map(([name, step]) => {
    const fill = element("span", { class: "fill" });
    const share = element("span", { class: "number" });
    const row = element(
      "li",
      {},
      element("span", {}, String(name)),
      element("span", { class: "level" }, fill),
      share,
    );
    return { step: Number(step), fill, share, row };
  });
  const answer = element("p", { role: "status" });
  let right = 0;
  let timer = 0;
  const shift = slider("Shift to the right", { min: -FAR, max: FAR, value: 0 }, (value) => {
    right = value;
    draw();
  });
  const play = element("button", { type: "button", click: () => (timer ? stop() : swing()) }, "▶ Swing");
  play.disabled = matchMedia("(prefers-reduced-motion: reduce)").matches;

  function swing() {
    let step = 1;
    play.textContent = "❚❚ Pause";
    timer = setInterval(() => {
      if (!play.isConnected) return stop();
      if (Math.abs(right + step) > FAR) step = -step;
      right += step;
      shift.input.value = String(right);
      draw();
    }, SWING);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶ Swing";
  }

  function draw() {
    const width = network.steps[0].shape[2];
    const pixels = shifted(context.pixels(), width, 0, right);
    read({ pixels, labels: [] }, 0, context.scale, image);
    moved.load(network.weights);
    const probabilities = moved.forward(image);
    picture.paint(width, pixels.length / width, (at) => [pixels[at], pixels[at], pixels[at]]);
    const values = moved.outputs[place - 1];
    const map = strongest(network.outputs[place - 1], maps);
    const limit = limitOf(values);
    before.paint(values, map * rows * columns, limit, theme());
    after.paint(moved.outputs[place], map * high * wide, limit, theme());
    for (const { step, fill, share } of rowsShown) {
      const changed = difference(network.outputs[step], moved.outputs[step]);
      fill.style.width = `${100 * Math.min(1, changed)}%`;
      share.textContent = percent(changed);
    }
    const best = probabilities.indexOf(Math.max(...probabilities));
    answer.textContent = `The answer: ${classes[best]}, ${percent(probabilities[best])}.`;
  }

  const frame = stationFrame(
    {
      kind: "pooling",
      number: 4,
      title: "Pooling",
      question: "Why keep only the largest of four numbers?",
      text: [
        `Of each window of ${network.steps[place].window.join(" × ")} only the largest number is kept. The map still says that something was found there, but no longer exactly where. It has a quarter of the numbers, which saves work in every later step.`,
        "Shift the picture a little: the pooled maps usually change less than the maps they come from, and the last maps least of all.",
      ],
      task: "Let the picture swing. Which step changes most, which least?",
    },
    [
      element("div", { class: "choices" }, play, shift.element),
      element(
        "div",
        { class: "side-by-side three" },
        figure(picture.canvas, "the drawing"),
        figure(before.canvas, `a map of ${rows}\u00a0×\u00a0${columns}`),
        figure(after.canvas, `pooled: ${high}\u00a0×\u00a0${wide}`),
      ),
      element("h3", {}, "How much each step has changed"),
      element(
        "ul",
        { class: "levels" },
        rowsShown.map(({ row }) => row),
      ),
      answer,
    ],
  );
  return { kind: "pooling", element: frame, draw };
}

/**
 * @param {Node} picture
 * @param {string} caption
 */
export function figure(picture, caption) {
  return element("figure", {}, picture, element("figcaption", {}, caption));
}

/**
 * Return the relative change: the sum of |new - old| divided by the sum of both.
 *
 * @param {Float32Array} old
 * @param {Float32Array} now
 */
export function difference(old, now) {
  let [changed, all] = [0, 0];
  for (let place = 0; place < old.length; place++) {
    changed += Math.abs(now[place] - old[place]);
    all += Math.abs(now[place]) + Math.abs(old[place]);
  }
  return all ? changed / all : 0;
}

/**
 * Return the index of the map with the largest value.
 *
 * @param {Float32Array} values
 * @param {number} maps
 */
function strongest(values, maps) {
  return Math.floor(values.indexOf(Math.max(...values)) / (values.length / maps));
}
