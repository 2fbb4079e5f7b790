/**
 * The loss after one gradient step of all weights, for learning rates from far too small to far too large.
 */

import { element, head } from "convscope/kit/dom.js";
import { column, number } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { QUICK, onDemand, workFrom } from "convscope/walk/backward/study.js";

/** @typedef {import("convscope/walk/document.js").AllWeightsStep} AllWeightsStep */

const LEARNED = 0.01; // fraction of the loss; below it, the picture counts as memorised

/** @param {import("convscope/walk/backward/views.js").Back} back */
export function allWeights({ kept, truth, context: { chain } }) {
  const slot = element("div", { class: "stack" });
  const key = `all ${truth}`;
  onDemand(slot, {
    isAtOnce: !kept.source.hasAll || kept.asked.has(key) || workFrom(chain, chain.steps[0]) <= QUICK,
    text: "Compute the loss after one step",
    ask: () => kept.once(key, () => kept.source.allWeights(truth)),
    draw,
  });
  return element(
    "section",
    { class: "study", "aria-label": "a step of all weights" },
    element("h2", {}, "One step of training: every weight minus learning rate × its gradient"),
    slot,
  );
}

/** @param {AllWeightsStep} found */
function draw({ rates, losses }) {
  const telling = losses.findLastIndex((loss) => loss > LEARNED * losses[0]);
  return table(rates.slice(0, telling + 2), losses.slice(0, telling + 2));
}

/**
 * @param {number[]} rates
 * @param {number[]} losses
 */
function table(rates, losses) {
  const written = column(losses);
  const highest = Math.max(...losses) || 1;
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      {},
      "The loss on this picture is ",
      number(losses[0]),
      " now. After one step of all weights it would be:",
    ),
    element(
      "table",
      { class: "figures bars" },
      head(["learning rate", "loss", "as a bar"]),
      element(
        "tbody",
        {},
        rates.map((rate, place) => {
          const bar = element("div", { class: `bar ${losses[place] > losses[0] ? "positive" : "plain"}` });
          bar.style.left = "0";
          bar.style.width = `${(100 * losses[place]) / highest}%`;
          return element(
            "tr",
            {},
            element("th", { scope: "row" }, rate === 0 ? "no step" : three(rate)),
            element("td", {}, written[place]),
            element("td", { class: "track" }, bar),
          );
        }),
      ),
    ),
    element(
      "p",
      { class: "quiet" },
      "One picture is easily memorised. Training averages the gradients of many pictures, so that a step helps most of them.",
    ),
  );
}
