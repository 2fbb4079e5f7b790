/**
 * Compare two models on the same pictures.
 *
 * @typedef {import("convscope/studio/answers.js").Flip} Flip
 * @typedef {import("convscope/studio/answers.js").Comparison} Comparison
 */

import { choice } from "convscope/kit/choice.js";
import { element, head } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { count, percent, three } from "convscope/kit/numbers.js";
import { Refusal } from "convscope/kit/problem.js";
import { get } from "convscope/studio/api.js";
import { chooseFor, whatIsOpen } from "convscope/studio/picking.js";
import { turnTo, walkOf } from "convscope/studio/place.js";
import { pictureList, thumbnail } from "convscope/studio/picture_list.js";
import { NONE } from "convscope/walk/truth.js";

const RARE = 0.05; // conventional significance level for the p-value
const TILE_HEIGHT = 13; // in rem

/** @type {Record<string, [string, (flip: Flip) => boolean]>} */
const KINDS = {
  all: ["all disagreements", () => true],
  first: ["only the first is correct", ({ truth, first }) => first === truth],
  second: ["only the second is correct", ({ truth, second }) => second === truth],
  neither: [
    "both are wrong, in different ways",
    ({ truth, first, second }) => first !== truth && second !== truth,
  ],
};

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root, place) {
  const pair = await pairOfSameClasses(place.options.first);
  const found = await chooseFor(
    root,
    { ...place, options: { ...pair, ...place.options } },
    "Compare",
    "Two models classify the same pictures. Look at where they disagree.",
    { first: "first model", second: "second model" },
  );
  if (!found) return;
  const { data, part } = found;
  const [first, second] = found.models;
  if (first === second) {
    return void root.append(element("p", { class: "quiet" }, "Choose two different models."));
  }
  const query = new URLSearchParams({ first: first.id, second: second.id, data: data.id, part });
  const comparison = await get(`/api/comparison?${query}`);
  root.append(figures(comparison, first.name, second.name), verdict(comparison, second.name));
  root.append(flips(comparison, place, { first, second, data: data.id }));
}

/**
 * Return the first two models with the same classes; models with different classes can hardly be compared.
 *
 * @param {string} [wanted]  first model, if already chosen
 * @returns {Promise<Record<string, string>>}  empty if there is no such pair
 */
async function pairOfSameClasses(wanted) {
  const { models } = await whatIsOpen();
  const classes = await Promise.all(models.map(classesOf));
  for (const [at, { id }] of models.entries()) {
    const other = classes.findIndex(
      (names, place) => place !== at && names !== null && names === classes[at],
    );
    if (other >= 0 && id === (wanted ?? id)) return { first: id, second: models[other].id };
  }
  return {};
}

/**
 * Return a model's sorted class names as one string, or null if its file cannot be read.
 *
 * @param {import("convscope/studio/picking.js").Open} model
 */
async function classesOf({ id }) {
  try {
    return JSON.stringify([...(await get(`/api/models/${id}`)).classes].sort());
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/**
 * @param {Comparison} found
 * @param {string} first
 * @param {string} second
 */
function figures(found, first, second) {
  const precisions = [found.first_mean_average_precision, found.second_mean_average_precision];
  const several = precisions.every((one) => one !== null);
  const row = (
    /** @type {string} */ name,
    /** @type {number} */ accuracy,
    /** @type {number} */ only,
    /** @type {number | null} */ precision,
  ) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", {}, percent(accuracy)),
      element("td", {}, count(only)),
      precision !== null && element("td", {}, three(precision)),
    );
  return element(
    "div",
    { class: "stack" },
    element(
      "table",
      { class: "figures" },
      element("caption", {}, `${count(found.pictures)} pictures`),
      head([
        "model",
        several ? "all labels right" : "accuracy",
        "only this one correct",
        ...(several ? ["mean average precision"] : []),
      ]),
      element(
        "tbody",
        {},
        row(first, found.first_accuracy_fraction, found.only_first, precisions[0]),
        row(second, found.second_accuracy_fraction, found.only_second, precisions[1]),
      ),
    ),
    found.notes.map((note) => element("p", { class: "quiet" }, note)),
  );
}

/**
 * @param {Comparison} found
 * @param {string} second
 */
function verdict({ difference_fraction, difference_interval, p_value }, second) {
  const points = (/** @type {number} */ probability) => three(Number((100 * probability).toFixed(2)));
  const sign = difference_fraction < 0 ? -1 : 1;
  const [low, high] = difference_interval.map((bound) => sign * bound).sort((a, b) => a - b);
  const interval = `${points(low)} to ${points(high)} points`;
  if (difference_fraction === 0)
    return element(
      "p",
      {},
      "Both models have the ",
      element("strong", {}, "same accuracy"),
      ` (95 % confidence interval of the difference: ${interval}).`,
    );
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      {},
      `The accuracy of ${second} is `,
      element(
        "strong",
        {},
        `${points(Math.abs(difference_fraction))} points ${sign < 0 ? "lower" : "higher"}`,
      ),
      ` (95 % confidence interval: ${interval}).`,
    ),
    element(
      "p",
      {},
      "p = ",
      number(p_value),
      " (McNemar's exact test): the probability of a difference at least this large if both models were equally good. ",
      p_value < RARE ? "So the difference is hardly chance." : "So the difference may well be chance.",
    ),
  );
}

/**
 * @param {Comparison} found
 * @param {import("convscope/studio/place.js").Place} place
 * @param {{first: import("convscope/studio/picking.js").Open, second: import("convscope/studio/picking.js").Open, data: string}} of
 */
function flips(found, place, of) {
  const asked = place.options.flips ?? "all";
  const kind = Object.hasOwn(KINDS, asked) ? asked : "all";
  const shown = found.flips.filter(KINDS[kind][1]);
  const names = Object.fromEntries(
    Object.entries(KINDS).map(([name, [title, is]]) => [
      name,
      `${title} (${count(found.flips.filter(is).length)})`,
    ]),
  );
  return element(
    "section",
    { class: "stack" },
    element("h2", {}, "Disagreements"),
    choice("show", kind, names, (value) => turnTo(place, { flips: value })),
    shown.length > 0 &&
      element(
        "p",
        { class: "quiet" },
        `Below each picture: its label, then the predictions of ${of.first.name} and ${of.second.name}. Click a prediction to walk through it.`,
      ),
    shown.length
      ? pictureList(
          shown.length,
          (index) => tile(shown[index], of),
          "pictures on which the models disagree",
          TILE_HEIGHT,
        )
      : "",
  );
}

/**
 * @param {Flip} flip
 * @param {{first: import("convscope/studio/picking.js").Open, second: import("convscope/studio/picking.js").Open, data: string}} of
 */
function tile(flip, { first, second, data }) {
  const answer = (
    /** @type {string} */ model,
    /** @type {string} */ predicted,
    /** @type {number} */ probability,
    /** @type {string} */ which,
  ) =>
    element(
      "a",
      {
        class: predicted === flip.truth ? "prediction" : "prediction mistaken",
        href: walkOf(model, data, flip.place),
        title: `${which}: ${predicted}`,
      },
      element("strong", {}, predicted || NONE),
      element("span", {}, percent(probability)),
    );
  return element(
    "div",
    { class: "picture" },
    thumbnail(data, flip.place, flip.picture),
    element("span", {}, `label ${flip.truth || NONE}`),
    answer(first.id, flip.first, flip.first_probability, `prediction of ${first.name}`),
    answer(second.id, flip.second, flip.second_probability, `prediction of ${second.name}`),
  );
}
