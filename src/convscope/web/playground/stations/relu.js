/** Station 3: the network with and without ReLU. */

import { limitOf } from "convscope/kit/colours.js";
import { element, svg } from "convscope/kit/dom.js";
import { percent } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";
import { AnswerBars } from "convscope/playground/answer.js";
import { Network } from "convscope/playground/engine/network.js";
import { signedCanvas } from "convscope/playground/scene/tile.js";
import { stationFrame, toggles } from "convscope/playground/stations/station.js";

const BINS = 24;

/**
 * @param {import("convscope/playground/stations/station.js").Context} context
 * @returns {import("convscope/playground/stations/station.js").Station}
 */
export function reluStation({ network, classes }) {
  const linear = network.steps.filter(({ kind }) => kind !== "relu");
  const without = new Network(linear, network.weights);
  const place = network.steps.findIndex(({ kind }) => kind === "relu");
  const [maps, rows, columns] = network.steps[place].shape;
  let isOn = true;
  const tiles = Array.from({ length: maps }, () => signedCanvas(rows, columns));
  const bars = Array.from(
    { length: BINS },
    () => /** @type {SVGRectElement} */ (svg("rect", { width: 9, y: 0 })),
  );
  const histogram = svg(
    "svg",
    {
      class: "histogram",
      viewBox: "0 0 240 90",
      role: "img",
      "aria-label": "how often each number occurs in the maps",
    },
    bars,
    svg("path", { class: "axis", d: "M0 76H240M120 80V0" }),
    svg("text", { x: 120, y: 89, "text-anchor": "middle" }, "0"),
    svg("text", { x: 4, y: 89 }, "negative"),
    svg("text", { x: 236, y: 89, "text-anchor": "end" }, "positive"),
  );
  const silenced = element("p", { class: "quiet" });
  const answers = [new AnswerBars(classes), new AnswerBars(classes)];
  const both = toggles("ReLU", ["With ReLU", "Without"], (chosen) => {
    isOn = chosen === 0;
    draw();
  });

  function draw() {
    const before = network.outputs[place - 1];
    const values = isOn ? network.outputs[place] : before;
    const limit = limitOf(before);
    tiles.forEach(({ paint }, map) => paint(values, map * rows * columns, limit, theme()));
    const counts = new Array(BINS).fill(0);
    for (const value of values)
      counts[Math.min(BINS - 1, Math.floor(((value / (limit || 1) + 1) / 2) * BINS))]++;
    const most = Math.log(values.length);
    bars.forEach((bar, bin) => {
      const height = counts[bin] ? (74 * Math.log(counts[bin] + 1)) / most : 0;
      bar.setAttribute("class", bin < BINS / 2 ? "negative" : "positive");
      bar.setAttribute("x", String(bin * 10 + 0.5));
      bar.setAttribute("y", String(76 - height));
      bar.setAttribute("height", String(height));
    });
    const below = before.reduce((sum, value) => sum + Number(value < 0), 0);
    silenced.textContent = `${percent(below / before.length)} of the numbers are negative${isOn ? " and become 0" : ""}.`;
    without.load(network.weights);
    answers[0].show(network.probabilities);
    answers[1].show(without.forward(network.outputs[0]));
  }

  const frame = stationFrame(
    {
      kind: "relu",
      number: 3,
      title: "ReLU",
      question: "Why throw away every number below 0?",
      text: [
        "max(0, x): numbers above 0 stay, all others become 0. The map shows how well each place matches the filter, but no longer how badly.",
        "What you gain is nonlinearity. Without it, any stack of convolutions is just one larger convolution. (Max pooling is nonlinear, too.)",
      ],
      task: "Switch ReLU off and compare the two answers for a few drawings. The weights stay the same: they were trained with ReLU.",
    },
    [
      both.element,
      element(
        "div",
        { class: "maps-row" },
        tiles.map(({ canvas }) => canvas),
      ),
      histogram,
      silenced,
      element(
        "div",
        { class: "side-by-side answers-now" },
        element("div", {}, element("h3", {}, "With ReLU"), answers[0].list),
        element("div", {}, element("h3", {}, "Without any ReLU"), answers[1].list),
      ),
    ],
  );
  return { kind: "relu", element: frame, draw };
}
