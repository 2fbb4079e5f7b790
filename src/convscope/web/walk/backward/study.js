/** The effect of gradient descent on the loss, for one weight and for two weights at once. */

import { element } from "convscope/kit/dom.js";
import { three } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { link } from "convscope/kit/dom.js";
import { curveChart } from "convscope/walk/backward/curve_chart.js";
import { beginning, descender } from "convscope/walk/backward/descender.js";
import { lossMap } from "convscope/walk/backward/loss_map.js";
import { placeOf, weightName } from "convscope/walk/backward/source.js";
import { toWeight, weightTitle } from "convscope/walk/backward/weights.js";

/**
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/window_sum.js").FilterStep | import("convscope/walk/chain.js").FullConnectionStep} Step
 * @typedef {import("convscope/walk/document.js").WeightCurve} WeightCurve
 * @typedef {import("convscope/walk/document.js").LossMap} LossMap
 */

/** Maximum multiply-adds per point of a curve that is computed without asking. */
export const QUICK = 20_000_000;

/**
 * @param {Step} step
 * @param {Back} back
 * @param {string} weight
 */
export function study(step, back, weight) {
  const { kept, truth } = back;
  const { source } = kept;
  const studied = source.studied(truth, step.name);
  const curves = element("div", { class: "stack" });
  const section = element(
    "section",
    { class: "study", "aria-label": "gradient descent" },
    element("h2", {}, "Gradient descent: new weight = weight − learning rate × gradient"),
    choices(step, back, studied, weight),
    element("div", { class: "downhill" }, curves, mapOf(step, back, weight, studied)),
  );
  if (!source.hasAll && !studied.includes(weight)) {
    const text = studied.length
      ? "This file holds the loss curves of the weights above; the studio computes that of any weight."
      : source.leftOut;
    curves.append(element("p", { class: "quiet" }, text));
    return section;
  }
  const key = `curve ${truth} ${weight}`;
  onDemand(curves, {
    isAtOnce: !source.hasAll || kept.asked.has(key) || workFrom(back.context.chain, step) <= QUICK,
    text: "Compute the loss curve of this weight",
    ask: () => kept.once(key, () => source.curve(truth, weight)),
    draw: (/** @type {WeightCurve | null} */ curve) => curve && drawnCurve(step, back, curve),
  });
  return section;
}

/**
 * Return the multiply-adds from a step to the end of the network: the cost of one point of a curve.
 *
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {import("convscope/walk/chain.js").Step} step
 */
export function workFrom({ steps }, step) {
  return steps.slice(steps.indexOf(step)).reduce((sum, { multiply_adds }) => sum + multiply_adds, 0);
}

/**
 * Compute and draw at once what is cheap; show a button for everything else.
 *
 * @template Answer
 * @param {HTMLElement} slot
 * @param {{isAtOnce: boolean, text: string, ask: () => Promise<Answer>, draw: (answer: Answer) => HTMLElement | null}} setting
 */
export function onDemand(slot, { isAtOnce, text, ask, draw }) {
  const begin = () => fill(slot, ask(), draw);
  if (isAtOnce) begin();
  else slot.append(element("button", { type: "button", click: begin }, text));
}

/**
 * List the weights that have a loss curve as links.
 *
 * @param {Step} step
 * @param {Back} back
 * @param {string[]} studied
 * @param {string} weight
 */
function choices(step, back, studied, weight) {
  if (studied.length === 0) return null;
  return element(
    "ul",
    { class: "weight-list" },
    studied.map((name) => {
      const made = link(toWeight(back, name), weightTitle(step, name));
      if (name === weight) made.setAttribute("aria-current", "true");
      return element("li", {}, made);
    }),
  );
}

/**
 * @param {Step} step
 * @param {Back} back
 * @param {WeightCurve} curve
 */
function drawnCurve(step, { kept, truth }, curve) {
  const { source } = kept;
  const { values, losses, descents } = curve;
  const name = weightName(curve.weight);
  const title = weightTitle(step, name);
  const compute =
    source.descent &&
    ((/** @type {number} */ rate) => /** @type {any} */ (source).descent(truth, [name], rate));
  return element(
    "div",
    { class: "stack" },
    element("h3", { class: "weights" }, title),
    descender(title, progressOf(kept, `curve ${truth} ${name}`, descents), compute, (descent, taken) => [
      curveChart(
        { x: values, y: losses },
        {
          across: "weight",
          title: `the loss for ${values.length} values of the weight from ${three(values[0])} to ${three(values[values.length - 1])}; after step ${taken} it is ${three(descent.losses[taken])}`,
        },
        descent.values.slice(0, taken + 1).map(([x], place) => ({
          x,
          y: descent.losses[place],
          slope: descent.gradients[place][0],
        })),
      ),
    ]),
  );
}

/**
 * Show the loss as a function of two weights: the two studied ones of a document, otherwise the selected
 * weight and its neighbour.
 *
 * @param {Step} step
 * @param {Back} back
 * @param {string} weight
 * @param {string[]} studied
 */
function mapOf(step, back, weight, studied) {
  const { kept, truth, context } = back;
  const { source } = kept;
  const slot = element("div", { class: "stack" });
  const pair = source.hasAll ? [weight, neighbour(step, weight)] : studied;
  if (pair.length < 2) return slot;
  const key = `map ${truth} ${pair.join(" ")}`;
  const load = async () => {
    const curve = await kept.once(`curve ${truth} ${pair[0]}`, () => source.curve(truth, pair[0]));
    const rates = (curve?.descents ?? []).map(({ rate }) => rate);
    return kept.once(key, () => source.map(truth, step.name, pair, rates));
  };
  const draw = (/** @type {LossMap | null} */ map) => {
    if (!map) return null;
    const names = { first: shortTitle(map.first.place), second: shortTitle(map.second.place) };
    const both = [map.first, map.second].map(weightName);
    const compute =
      source.descent &&
      ((/** @type {number} */ rate) => /** @type {any} */ (source).descent(truth, both, rate));
    return element(
      "div",
      { class: "stack" },
      element("h3", { class: "weights" }, "Two weights at once"),
      descender("two weights", progressOf(kept, key, map.descents), compute, (descent, taken) => [
        lossMap(map, names, descent, taken, context.theme),
      ]),
    );
  };
  onDemand(slot, {
    isAtOnce: !source.hasAll || kept.asked.has(key),
    text: `Map the loss of this weight and ${shortTitle(placeOf(pair[1]))}`,
    ask: load,
    draw,
  });
  return slot;
}

/**
 * @param {import("convscope/walk/backward/source.js").Kept} kept
 * @param {string} key
 * @param {import("convscope/walk/document.js").Descent[]} descents
 */
function progressOf({ progress }, key, descents) {
  const made = progress.get(key) ?? beginning(descents);
  progress.set(key, made);
  return made;
}

/** @param {number[]} place */
function shortTitle(place) {
  return place.length === 1 ? `bias ${place[0]}` : `weight (${place.join(", ")})`;
}

/**
 * Return the next weight of the same filter or neuron; for a bias, the first weight of its filter or neuron.
 *
 * @param {Step} step
 * @param {string} weight
 */
function neighbour(step, weight) {
  const place = placeOf(weight);
  const tensor = `${step.name}.weight`;
  const shape =
    step.kind === "full_connection" ? [0, step.sources[0].output.data.length] : step.filters.shape;
  if (place.length === 1) return weightName({ tensor, place: [place[0], ...shape.slice(1).map(() => 0)] });
  const axis = place.findLastIndex((_, at) => at > 0 && shape[at] > 1);
  if (axis < 0) return weightName({ tensor: `${step.name}.bias`, place: [place[0]] });
  const moved = place.map((part, at) => (at === axis ? (part + 1) % shape[at] : part));
  return weightName({ tensor, place: moved });
}

/**
 * Draw the result of a promise once it has resolved.
 *
 * @template Answer
 * @param {HTMLElement} slot
 * @param {Promise<Answer>} asked
 * @param {(answer: Answer) => HTMLElement | null} draw
 */
async function fill(slot, asked, draw) {
  const waiting = element("p", { class: "quiet", role: "status" }, "Computing …");
  slot.replaceChildren(waiting);
  try {
    const drawn = draw(await asked);
    slot.replaceChildren(...(drawn ? [drawn] : []));
  } catch (error) {
    slot.replaceChildren(problemBox(error));
  }
}
