/** Binary cross-entropy: each label is right or wrong independently and adds its own term to the loss. */

import { element, link } from "convscope/kit/dom.js";
import { column, number, resultNumber } from "convscope/kit/number.js";
import { counted, three } from "convscope/kit/numbers.js";
import { probabilitiesOf, probabilityStep, shownClasses } from "convscope/walk/chain.js";
import { classTable, gradientTable } from "convscope/walk/class_table.js";
import { classBars, classView } from "convscope/walk/class_view.js";
import { membersOf, named, supposed } from "convscope/walk/truth.js";

/**
 * @typedef {import("convscope/walk/chain.js").LabelLossStep} LabelLossStep
 * @typedef {import("convscope/walk/document.js").LabelLoss} LabelLoss
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

const NONE = "none";

/** @type {import("convscope/walk/view.js").Kind} */
export const binaryCrossEntropy = {
  short: "loss",
  text: {
    does: "Each label has its own loss: −ln p if it is present and −ln(1 − p) if it is absent, where p is its probability. The total loss is the sum over all labels; training makes it small.",
    attempt: "Mark another label as present. Which part of the loss changes, and which parts stay the same?",
    more: [
      "Labels do not compete: the gradient of each label is its probability minus 1 or 0, whatever the others are.",
      "Squared error hardly corrects a network that is confidently wrong: the sigmoid is flat there, which multiplies the gradient by p (1 − p), almost 0.",
    ],
  },
  view: draw,
  output: ofLabels,
};

/**
 * Draw the view.
 *
 * @param {LabelLossStep} step
 * @param {Context} context  its place is a label
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const { chain } = context;
  const shown = shownClasses(chain);
  const present = wanted(context);
  const probabilities = probabilitiesOf(chain);
  const drawn = classBars(context, shown);
  return classView(
    (label) => ({
      input: [
        drawn(probabilities, label, {
          caption: truthText(context, present),
          shares: true,
          answers: shown.map((index) => present.includes(index)),
          picks: true,
        }),
      ],
      middle: arithmetic(step, context, present, label),
      output: gradients(step, context, present, label),
    }),
    (label) =>
      `${chain.classes[label]} adds ${three(costOf(step, present, label).cross_entropy)} to the loss`,
  );
}

/**
 * Return the labels assumed to be true: those of the address, otherwise the true ones, otherwise the
 * predicted ones.
 *
 * @param {Context} context
 * @returns {number[]}
 */
function wanted({ chain, state }) {
  const asked = state.options.present;
  if (asked === undefined) return membersOf(chain, supposed(chain));
  if (asked === NONE) return [];
  return asked
    .split(".")
    .map(Number)
    .filter((index) => index in chain.classes);
}

/**
 * @param {Context} context
 * @param {number[]} present
 */
function truthText({ chain, state }, present) {
  const names = named(chain, present);
  if (state.options.present !== undefined) return `Probabilities, as if the picture showed: ${names}.`;
  if (chain.truth === null) return `Probabilities, assuming that the answer is right: ${names}.`;
  return `Probabilities. The picture shows: ${names}.`;
}

/**
 * @param {LabelLossStep} step
 * @param {number[]} present
 * @param {number} label
 */
function costOf({ labels }, present, label) {
  const found = /** @type {LabelLoss} */ (labels.find((one) => one.label === label) ?? labels[0]);
  return present.includes(label) ? found.present : found.absent;
}

/**
 * @param {LabelLossStep} step
 * @param {Context} context
 * @param {number[]} present
 * @param {number} chosen
 */
function arithmetic(step, context, present, chosen) {
  const { chain } = context;
  const shown = shownClasses(chain);
  const probabilities = probabilitiesOf(chain);
  const costs = shown.map((label) => costOf(step, present, label));
  const others = chain.classes.length - shown.length;
  const parts = costs.map(({ cross_entropy }) => cross_entropy);
  const squares = costs.map(({ squared_error }) => squared_error);
  const total = parts.reduce((sum, part) => sum + part, step.others);
  const written = column([...parts, step.others, total]);
  const squared = column(squares);
  const shares = column(shown.map((label) => probabilities[label]));
  const back = context.backTo({ step: probabilityStep(chain)?.name ?? "", place: [chosen] });
  const isPresent = present.includes(chosen);
  return [
    element("h3", { class: "output" }, `${chain.classes[chosen]} is ${isPresent ? "present" : "absent"}`),
    element(
      "p",
      { class: "equation" },
      isPresent ? "−ln(" : "−ln(1 − ",
      link(back, number(probabilities[chosen])),
      ") = ",
      resultNumber(costOf(step, present, chosen).cross_entropy),
    ),
    classTable(
      ["label", "present", "probability", "adds to the loss", "squared error"],
      shown,
      chosen,
      (label) => chain.classes[label],
      [shown.map((label) => tick(context, present, label)), shares, written, squared],
      {
        others:
          others > 0 &&
          element(
            "tr",
            {},
            element("th", { scope: "row", colspan: 3 }, `${counted(others, "other")}, absent`),
            element("td", {}, written[shown.length]),
            element("td", {}),
          ),
        foot: element(
          "tr",
          {},
          element("th", { scope: "row", colspan: 3 }, "sum"),
          element("td", { class: "output" }, written[shown.length + 1]),
          element("td", {}, others > 0 ? "" : number(squares.reduce((sum, part) => sum + part, 0))),
        ),
      },
    ),
  ];
}

/**
 * @param {Context} context
 * @param {number[]} present
 * @param {number} label
 */
function tick({ chain, set }, present, label) {
  const box = element("input", {
    type: "checkbox",
    checked: present.includes(label),
    "aria-label": `${chain.classes[label]} is present`,
    change: () => {
      const now = box.checked ? [...present, label] : present.filter((one) => one !== label);
      set("present", now.sort((a, b) => a - b).join(".") || NONE);
    },
  });
  return box;
}

/**
 * @param {LabelLossStep} step
 * @param {Context} context
 * @param {number[]} present
 * @param {number} chosen
 */
function gradients(step, { chain }, present, chosen) {
  const shown = shownClasses(chain);
  const costs = shown.map((label) => costOf(step, present, label));
  return gradientTable(
    chain,
    shown,
    chosen,
    {
      crossEntropy: costs.map(({ gradient }) => gradient),
      squared: costs.map(({ squared_gradient }) => squared_gradient),
    },
    "The gradient of cross-entropy is p − 1 for a label that is present and p for one that is absent: the more wrong, the larger. That of squared error is twice this, times p (1 − p), so a confidently wrong network gets almost no gradient.",
  );
}

/**
 * Return the loss of each label under the assumed truth; NaN for labels that the walk does not list
 * individually.
 *
 * @param {LabelLossStep} step
 * @param {import("convscope/walk/chain.js").Step[]} sources
 * @returns {import("convscope/kit/arrays.js").Tensor}
 */
function ofLabels({ labels }, [{ shape }]) {
  const costs = new Float64Array(shape[0]).fill(NaN);
  for (const { label, present, absent } of labels)
    costs[label] = Math.min(present.cross_entropy, absent.cross_entropy);
  return { shape, data: costs };
}
