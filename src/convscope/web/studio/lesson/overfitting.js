/**
 * The same network trained on few pictures, on few augmented by shifts, and on many: accuracy on the training
 * pictures and on others.
 *
 * @typedef {import("convscope/studio/answers.js").Overfitting} Overfitting
 * @typedef {import("convscope/studio/answers.js").TrainedRun} Run
 */

import { chart } from "convscope/kit/curves.js";
import { element } from "convscope/kit/dom.js";
import { count } from "convscope/kit/numbers.js";
import { get } from "convscope/studio/api.js";

/** @param {HTMLElement} root */
export async function overfitting(root) {
  /** @type {Overfitting} */
  const found = await get("/api/lesson/overfitting/illustration");
  root.append(
    element(
      "div",
      { class: "stack" },
      element("h2", {}, "Three runs of the same network"),
      element(
        "p",
        {},
        `Each run takes ${found.steps} steps with batch size ${found.batch_size} and learning rate ${found.learning_rate}, and is validated on the same ${found.validation_pictures} drawings, which are not used for training. Only the training pictures differ.`,
      ),
      element(
        "div",
        { class: "runs" },
        found.runs.map((one) => run(one, Math.max(...found.runs.flatMap((any) => any.validation_loss)))),
      ),
    ),
  );
}

/**
 * Draw one run.
 *
 * @param {Run} one
 * @param {number} highest  maximum loss over all runs
 */
function run(one, highest) {
  const last = one.step.length - 1;
  const [train, validation] = [one.train_accuracy[last], one.validation_accuracy[last]].map(inPercent);
  return element(
    "section",
    { "aria-label": titleOf(one) },
    element("h3", {}, titleOf(one)),
    chart(
      [
        { name: "training", x: one.step, y: one.train_accuracy.map((share) => 100 * share) },
        { name: "validation", x: one.step, y: one.validation_accuracy.map((share) => 100 * share) },
      ],
      {
        title: `accuracy by step: at the end ${train} of the training pictures, ${validation} of the others`,
        across: "step",
        up: "accuracy, %",
        highest: 100,
      },
    ),
    chart(
      [
        { name: "training", x: one.step, y: one.train_loss },
        { name: "validation", x: one.step, y: one.validation_loss },
      ],
      { title: "loss by step", across: "step", up: "loss", highest },
    ),
  );
}

/** @param {Run} one */
function titleOf({ pictures, shift }) {
  return shift ? `${count(pictures)} pictures, shifted at random` : `${count(pictures)} pictures`;
}

/** @param {number} share */
function inPercent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
