/** Station 6: which neurons are active for which class. */

import { css, inkOn, limitOf, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { full, three } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";
import { contributionMaps } from "convscope/playground/stage/connection.js";
import { stationFrame, toggles } from "convscope/playground/stations/station.js";

/**
 * @param {import("convscope/playground/stations/station.js").Context} context
 * @returns {import("convscope/playground/stations/station.js").Station}
 */
export function connectionStation({ network, classes }) {
  const place = network.steps.length - 2;
  const step = network.steps[place];
  const before = network.steps[place - 1];
  const shape = before.kind === "flattening" ? before.inputShape : [step.inputShape[0], 1, 1];
  let chosen = -1; // selected class
  const names = toggles("class", ["The answer", ...classes], (one) => {
    chosen = one - 1;
    draw();
  });
  const maps = element("div");
  const table = element("div", {
    class: "scroll",
    tabindex: 0,
    role: "group",
    "aria-label": "sums of contributions",
  });
  const says = element("p");

  /** @param {number} neuron */
  const products = (neuron) => {
    const x = network.outputs[place - 1];
    return x.map((value, k) => value * step.weight[neuron * x.length + k]);
  };

  function draw() {
    const logits = network.outputs[place];
    const best = logits.indexOf(Math.max(...logits));
    const looked = chosen < 0 ? best : chosen;
    const contributions = products(looked);
    maps.replaceChildren(contributionMaps(contributions, shape));
    const of = classes.map((_, neuron) => sums(products(neuron), shape[0]));
    const limit = limitOf(of.flat());
    table.replaceChildren(matrix(of, logits, looked, limit));
    const order = [...of[looked].keys()].sort((a, b) => of[looked][b] - of[looked][a]);
    says.textContent = `Class ${classes[looked]}: map ${order[0] + 1} adds most (${three(of[looked][order[0]])}), map ${order[order.length - 1] + 1} subtracts most (${three(of[looked][order[order.length - 1]])}).`;
  }

  /**
   * Draw the contributions to each logit as a table.
   *
   * @param {number[][]} of  sums of the contributions to each class, by map
   * @param {Float32Array} logits
   * @param {number} looked
   * @param {number} limit
   */
  function matrix(of, logits, looked, limit) {
    const cell = (/** @type {number} */ value) => {
      const colour = signed(value, limit, theme());
      const made = element(
        "td",
        { title: full(value) },
        value
          .toFixed(1)
          .replace(/^-0\.0$/, "0.0")
          .replace("-", "−"),
      );
      Object.assign(made.style, { background: css(colour), color: inkOn(colour) });
      return made;
    };
    return element(
      "table",
      { class: "speaks" },
      element("caption", {}, "contributions of each map to each class, bias and logit"),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("td", {}),
          of[0].map((_, map) => element("th", { scope: "col" }, String(map + 1))),
          element("th", { scope: "col" }, "bias"),
          element("th", { scope: "col" }, "logit"),
        ),
      ),
      element(
        "tbody",
        {},
        of.map((row, neuron) =>
          element(
            "tr",
            { class: neuron === looked ? "looked" : null },
            element("th", { scope: "row" }, classes[neuron]),
            row.map(cell),
            cell(step.bias[neuron]),
            element("td", { class: "logit", title: full(logits[neuron]) }, three(logits[neuron])),
          ),
        ),
      ),
    );
  }

  const frame = stationFrame(
    {
      kind: "full_connection",
      number: 6,
      title: "Full connection",
      question: "Which neurons light up for which answer?",
      text: [
        "A fully connected (dense) layer has one neuron for each class, and each neuron a weight for every number of the column. The sum of number × weight, plus a bias, is the score of the class: its logit.",
        "Below, each number × weight is painted where it stood in its map: orange counts for the class, blue against it.",
      ],
      task: "Draw a circle, then give it eyes and a mouth. Which maps change their mind?",
    },
    [names.element, maps, says, table],
  );
  return { kind: "full_connection", element: frame, draw };
}

/**
 * @param {Float32Array} products
 * @param {number} maps
 */
function sums(products, maps) {
  const size = products.length / maps;
  return Array.from({ length: maps }, (_, map) =>
    products.subarray(map * size, (map + 1) * size).reduce((a, b) => a + b, 0),
  );
}
