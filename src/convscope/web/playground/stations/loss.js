/**
 * Station 7: softmax, and why cross-entropy is used. The true class has probability p = 1 / (1 + e^-z), where
 * z is how far its logit is above those of the others:
 *
 *     cross-entropy   -ln p           derivative in z: p - 1
 *     squared error   (1 - p)^2       derivative in z: -2 p (1 - p)^2
 */

import { element, svg } from "convscope/kit/dom.js";
import { percent, three } from "convscope/kit/numbers.js";
import { AnswerBars } from "convscope/playground/answer.js";
import { slider, stationFrame } from "convscope/playground/stations/station.js";

const LOSSES = [
  {
    name: "cross-entropy",
    loss: (/** @type {number} */ p) => -Math.log(p),
    slope: (/** @type {number} */ p) => p - 1,
  },
  {
    name: "squared error",
    loss: (/** @type {number} */ p) => (1 - p) ** 2,
    slope: (/** @type {number} */ p) => -2 * p * (1 - p) ** 2,
  },
];
const RATE = 0.5;
const STEPS = 60;
const STEP = 60; // milliseconds per step
const [WIDTH, HEIGHT, EDGE] = [300, 150, 24];
const MOST = 5; // upper end of the loss axis

/** @param {number} z */
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/**
 * Run gradient descent on both losses from the same start; return the probability of the true class after
 * each step.
 *
 * @param {number} z
 * @param {number} steps
 */
export function descents(z, steps) {
  return LOSSES.map(({ slope }) => {
    const found = [sigmoid(z)];
    for (let step = 0, now = z; step < steps; step++) {
      now -= RATE * slope(sigmoid(now));
      found.push(sigmoid(now));
    }
    return found;
  });
}

/**
 * @param {import("convscope/playground/stations/station.js").Context} context
 * @returns {import("convscope/playground/stations/station.js").Station}
 */
export function lossStation({ network, classes }) {
  let [z, done, timer, temperature] = [-6, 0, 0, 1];
  const answer = new AnswerBars(classes);
  const softening = slider(
    "Temperature (divides the logits)",
    { min: 0.25, max: 8, value: 1, step: 0.25 },
    (value) => {
      temperature = value;
      drawShares();
    },
  );
  const divisor = element("span", { class: "number" });
  const curves = element("div", { class: "side-by-side" });
  const says = element("p", { role: "status" });
  const start = slider(
    "Logit of the true class, above the other",
    { min: -8, max: 8, value: z, step: 0.1 },
    (value) => {
      z = value;
      reset();
    },
  );
  const play = element(
    "button",
    { type: "button", click: () => (timer ? pause() : descend()) },
    "▶ Descend",
  );

  function drawShares() {
    divisor.textContent = three(temperature);
    const logits = network.outputs[network.steps.length - 2];
    const powers = Array.from(logits, (logit) => Math.exp((logit - Math.max(...logits)) / temperature));
    const total = powers.reduce((a, b) => a + b);
    answer.show(powers.map((power) => power / total));
  }

  function descend() {
    if (done >= STEPS) done = 0;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      done = STEPS;
      return drawLosses();
    }
    play.textContent = "❚❚ Pause";
    timer = setInterval(() => {
      if (++done >= STEPS || !play.isConnected) pause();
      drawLosses();
    }, STEP);
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶ Descend";
  }

  function reset() {
    pause();
    done = 0;
    drawLosses();
  }

  function drawLosses() {
    const ways = descents(z, STEPS);
    const at = ways.map((way) => way[done]);
    curves.replaceChildren(lossCurves(at), progress(ways, done));
    says.textContent =
      done === 0
        ? `The true class has ${percent(at[0])}. Slope of cross-entropy ${three(LOSSES[0].slope(at[0]))}, of squared error ${three(LOSSES[1].slope(at[0]))}: a step with cross-entropy is ${three(LOSSES[0].slope(at[0]) / LOSSES[1].slope(at[0]))} times as long.`
        : `After ${done} steps the true class has ${percent(at[0])} with cross-entropy, ${percent(at[1])} with squared error.`;
  }

  const frame = stationFrame(
    {
      kind: "softmax",
      number: 7,
      title: "Softmax and loss",
      question: "Why cross-entropy, and not squared error?",
      text: [
        "Softmax turns logits into probabilities: e to the power of each, divided by the sum over all classes. Only the differences between logits matter.",
        "The loss measures how wrong an answer is; cross-entropy is −ln of the true class's probability. When the network is confidently wrong, cross-entropy is steep, and a few steps help. Squared error is flat there, because softmax barely changes, so the gradient almost vanishes.",
      ],
      task: "Start confidently wrong (far left) and descend. Then start a little wrong.",
    },
    [
      element("h3", {}, "Softmax of the logits above"),
      element("div", { class: "choices" }, softening.element, divisor),
      element("div", { class: "answers-now" }, answer.list),
      element("h3", {}, "Two losses, one start"),
      element("div", { class: "choices" }, play, start.element),
      curves,
      says,
    ],
  );
  drawLosses();
  return { kind: "softmax", element: frame, draw: drawShares };
}

/**
 * Draw both losses as functions of the probability, with the current point on each.
 *
 * @param {number[]} at
 */
function lossCurves(at) {
  const toX = (/** @type {number} */ p) => EDGE + p * (WIDTH - 2 * EDGE);
  const toY = (/** @type {number} */ loss) =>
    HEIGHT - EDGE - (Math.min(loss, MOST) / MOST) * (HEIGHT - 2 * EDGE);
  const points = Array.from({ length: 100 }, (_, place) => (place + 0.5) / 100);
  return svg(
    "svg",
    {
      class: "losses",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": "loss over the probability of the true class",
    },
    axes(toX, toY, "probability of the true class", "loss", MOST),
    LOSSES.map(({ loss }, one) => [
      svg("path", {
        class: `loss-${one}`,
        d: points
          .map((p, place) => `${place ? "L" : "M"}${toX(p).toFixed(1)} ${toY(loss(p)).toFixed(1)}`)
          .join(""),
      }),
      svg("circle", { class: `loss-${one}`, cx: toX(at[one]), cy: toY(loss(at[one])), r: 5 }),
    ]),
  );
}

/**
 * Draw the probability of the true class by step.
 *
 * @param {number[][]} ways
 * @param {number} done
 */
function progress(ways, done) {
  const toX = (/** @type {number} */ step) => EDGE + (step / STEPS) * (WIDTH - 2 * EDGE);
  const toY = (/** @type {number} */ p) => HEIGHT - EDGE - p * (HEIGHT - 2 * EDGE);
  return svg(
    "svg",
    {
      class: "losses",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `probability of the true class after ${done} steps`,
    },
    axes((x) => toX(x * STEPS), toY, "steps", "probability", 1),
    ways.map((way, one) => [
      svg("path", {
        class: `loss-${one}`,
        d: way
          .slice(0, done + 1)
          .map((p, step) => `${step ? "L" : "M"}${toX(step).toFixed(1)} ${toY(p).toFixed(1)}`)
          .join(""),
      }),
      svg("circle", { class: `loss-${one}`, cx: toX(done), cy: toY(way[done]), r: 4 }),
      svg(
        "text",
        { class: `loss-${one}`, x: WIDTH - EDGE - 4, y: 40 + 14 * one, "text-anchor": "end" },
        LOSSES[one].name,
      ),
    ]),
  );
}

/**
 * @param {(share: number) => number} toX
 * @param {(value: number) => number} toY
 * @param {string} across
 * @param {string} up
 * @param {number} top
 */
function axes(toX, toY, across, up, top) {
  return [
    svg("path", { class: "axis", d: `M${toX(0)} ${toY(top)}V${toY(0)}H${toX(1)}` }),
    svg("text", { x: (toX(0) + toX(1)) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, across),
    svg("text", { x: toX(0) + 12, y: toY(top) + 2 }, up),
    svg("text", { x: toX(0) - 9, y: toY(0), "text-anchor": "end" }, "0"),
    svg("text", { x: toX(0) - 9, y: toY(top) + 6, "text-anchor": "end" }, String(top)),
  ];
}
