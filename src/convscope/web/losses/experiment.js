/** The experiment: one network trained with each loss, from a normal and from a confidently wrong start. */

import { chart } from "convscope/kit/curves.js";
import { element } from "convscope/kit/dom.js";
import { count, percent, three } from "convscope/kit/numbers.js";

/**
 * @typedef {import("convscope/losses/page.js").Experiment} Experiment
 * @typedef {import("convscope/losses/page.js").Run} Run
 */

const STARTS = { normal: "From a normal start", confidently_wrong: "From a confidently wrong start" };
const LOSSES = { cross_entropy: "cross-entropy", squared_error: "squared error" };

/** @param {Experiment} experiment */
export function experiment(experiment) {
  const {
    data,
    network,
    epochs,
    batch,
    learning_rate,
    training_pictures,
    test_pictures,
    seconds,
    wrong_bias,
    seed,
  } = experiment;
  return element(
    "section",
    {},
    element("h2", {}, "The experiment"),
    element(
      "p",
      {},
      `${network} is trained on ${count(training_pictures)} ${data} pictures for ${epochs} epochs: batch size ${batch}, learning rate ${three(learning_rate)}, seed ${seed}. Accuracy is measured on ${count(test_pictures)} other pictures. Only the loss and the start differ. Squared error has the smaller gradients, so with one learning rate for both it also starts more slowly from a normal start.`,
    ),
    element(
      "p",
      { class: "quiet" },
      `The confidently wrong start sets the bias of class 0 to ${three(wrong_bias)}, so that every picture is classified as that class. All runs together took ${three(seconds)} s.`,
    ),
    Object.entries(STARTS).map(([start, title]) =>
      ofStart(
        experiment.runs.filter((run) => run.start === start),
        title,
      ),
    ),
  );
}

/**
 * @param {Run[]} runs
 * @param {string} title
 */
function ofStart(runs, title) {
  const name = (/** @type {Run} */ { loss }) => LOSSES[loss];
  return element(
    "div",
    { class: "stack" },
    element("h3", {}, title),
    element(
      "div",
      { class: "charts" },
      chart(
        runs.map((run) => ({ name: name(run), x: run.steps, y: run.accuracy_fraction })),
        {
          title: `accuracy against steps, ${title.toLowerCase()}`,
          across: "steps",
          up: "accuracy",
          highest: 1,
        },
      ),
      chart(
        runs.map((run) => ({ name: name(run), x: run.steps, y: run.gradient })),
        {
          title: `gradient at the logits against steps, ${title.toLowerCase()}`,
          across: "steps",
          up: "gradient at the logits",
        },
      ),
    ),
    element(
      "p",
      {},
      runs
        .map(
          (run) => `${name(run)} ends at ${percent(run.accuracy_fraction[run.accuracy_fraction.length - 1])}`,
        )
        .join("; ") + ".",
    ),
  );
}
