/**
 * The source of gradients in the studio: the server computes them on demand for any class, step and weight.
 */

import { largestFirst, range, unpackAll } from "convscope/kit/arrays.js";
import { get } from "convscope/studio/api.js";
import { membersOf, supposed } from "convscope/walk/truth.js";

/**
 * @typedef {import("convscope/walk/backward/source.js").Source} Source
 */

const MOST_CLASSES = 20;

/**
 * Create the source.
 *
 * @param {string} model  URL of the model
 * @param {string} picture  as a query parameter
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @returns {Source}
 */
export function serverSource(model, picture, chain) {
  const ask = async (
    /** @type {string} */ what,
    /** @type {number} */ truth,
    /** @type {[string, string][]} */ query = [],
  ) => {
    const members = membersOf(chain, truth).map(
      (one) => /** @type {[string, string]} */ (["truth", String(one)]),
    );
    const more = new URLSearchParams([...members, ...query]);
    return unpackAll(await get(`${model}/backward/${what}?${picture}&${more}`));
  };
  const weighted = (/** @type {string[]} */ weights) =>
    weights.map((weight) => /** @type {[string, string]} */ (["weight", weight]));
  const likely = chain.labels
    ? range(chain.labels.sets.length)
    : largestFirst(chain.probabilities).slice(0, MOST_CLASSES);
  return {
    truths: [...new Set([supposed(chain), ...likely])],
    leftOut: "",
    gradients: (truth, step) => ask(`gradients/${step}`, truth),
    allWeights: (truth) => ask("all-weights", truth),
    studied: () => [],
    hasAll: true,
    curve: (truth, weight) => ask("curve", truth, weighted([weight])),
    map: (truth, _step, weights, rates) =>
      ask("map", truth, [
        ...weighted(weights),
        ...rates.map((rate) => /** @type {[string, string]} */ (["rate", String(rate)])),
      ]),
    descent: (truth, weights, rate) => ask("descent", truth, [...weighted(weights), ["rate", String(rate)]]),
  };
}
