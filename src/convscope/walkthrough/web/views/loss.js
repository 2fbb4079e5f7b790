/** The loss: how wrong the answer is, for the true class; cross-entropy beside two others. */

import { range } from "convscope/arrays.js";
import { stepOfKind } from "convscope/chain.js";
import { element, link } from "convscope/dom.js";
import { column, number } from "convscope/number.js";
import { percent, three } from "convscope/numbers.js";
import { bars } from "convscope/bars.js";

/**
 * @typedef {import("convscope/chain.js").LossStep} LossStep
 * @typedef {import("convscope/view.js").Context} Context
 */

/**
 * @param {LossStep} step
 * @param {Context} context  its place is the true class
 * @returns {import("convscope/view.js").View}
 */
export function loss(step, context) {
  const { chain } = context;
  const softmax = stepOfKind(chain, "softmax");
  const probabilities = softmax ? Array.from(softmax.output.data) : [];
  const input = element("div", { class: "stack" });
  const middle = element("div", { class: "stack" });
  const output = element("div", { class: "stack" });
  return {
    input: [input],
    middle: [middle],
    output: [output],
    show([truth]) {
      input.replaceChildren(
        bars(
          probabilities.map((value, index) => ({ label: chain.classes[index], value })),
          { caption: truthText(chain, truth), chosen: truth, shares: true, onChoose: (index) => context.pick([index]) },
        ),
      );
      middle.replaceChildren(...arithmetic(step, context, probabilities, truth));
      output.replaceChildren(...gradients(step, context, truth));
    },
    spoken: ([truth]) =>
      `if the truth is ${chain.classes[truth]}, cross-entropy is ${three(step.truths[truth].cross_entropy)}`,
  };
}

/**
 * @param {import("convscope/chain.js").Chain} chain
 * @param {number} truth
 */
function truthText({ classes, truth: known }, truth) {
  if (known === truth) return `Probabilities. True class: ${classes[truth]}.`;
  if (known === null) return `Probabilities. Supposing the true class is ${classes[truth]}; choose another.`;
  return `Probabilities. Supposing it were ${classes[truth]}; the true class is ${classes[known]}.`;
}

/**
 * @param {LossStep} step
 * @param {Context} context
 * @param {number[]} probabilities
 * @param {number} truth
 */
function arithmetic(step, context, probabilities, truth) {
  const { classes } = context.chain;
  const { cross_entropy, mean_squared_error, classification_error } = step.truths[truth];
  const squares = probabilities.map((p, index) => (p - Number(index === truth)) ** 2);
  const [shares, squared] = [column(probabilities), column(squares)];
  const back = context.backTo({ step: "softmax", place: [truth] });
  const predicted = probabilities.indexOf(Math.max(...probabilities));
  return [
    element("h3", {}, "Cross-entropy"),
    element(
      "p",
      { class: "equation" },
      "−ln(",
      link(back, number(probabilities[truth])),
      ") = ",
      element("strong", { class: "output" }, number(cross_entropy)),
    ),
    element("p", { class: "quiet" }, "Only the true class's probability counts. Near 0 it costs without limit."),
    element("h3", {}, "Mean squared error"),
    element(
      "table",
      { class: "figures" },
      element("thead", {}, element("tr", {}, ["class", "probability", "target", "squared difference"].map((title) => element("th", { scope: "col" }, title)))),
      element(
        "tbody",
        {},
        range(classes.length).map((index) =>
          element(
            "tr",
            { class: index === truth ? "chosen" : null },
            element("th", { scope: "row" }, classes[index]),
            element("td", {}, shares[index]),
            element("td", {}, index === truth ? "1" : "0"),
            element("td", {}, squared[index]),
          ),
        ),
      ),
      element("tfoot", {}, element("tr", {}, element("th", { scope: "row", colspan: 3 }, "sum"), element("td", { class: "output" }, number(mean_squared_error)))),
    ),
    element("h3", {}, "Classification error"),
    element(
      "p",
      {},
      `The most probable class is ${classes[predicted]}, ${percent(probabilities[predicted])}: `,
      element("strong", { class: "output" }, number(classification_error)),
      classification_error === 0 ? ", right." : ", wrong.",
    ),
  ];
}

/**
 * @param {LossStep} step
 * @param {Context} context
 * @param {number} truth
 */
function gradients(step, { chain }, truth) {
  const { gradients: of } = step.truths[truth];
  const [crossEntropy, squared, classification] = [
    column(of.cross_entropy),
    column(of.mean_squared_error),
    column(of.classification_error),
  ];
  return [
    element("h3", { class: "output" }, "Gradients at the logits"),
    element("p", { class: "quiet" }, "How the loss changes with each logit. Training moves logits the other way."),
    element(
      "table",
      { class: "figures" },
      element("thead", {}, element("tr", {}, ["class", "cross-entropy", "squared error", "classi\u00adfication error"].map((title) => element("th", { scope: "col" }, title)))),
      element(
        "tbody",
        {},
        range(chain.classes.length).map((index) =>
          element(
            "tr",
            { class: index === truth ? "chosen" : null },
            element("th", { scope: "row" }, chain.classes[index]),
            element("td", {}, crossEntropy[index]),
            element("td", {}, squared[index]),
            element("td", {}, classification[index]),
          ),
        ),
      ),
    ),
    element(
      "p",
      {},
      "Cross-entropy's gradient is probability minus target: the more wrong, the larger. Squared error's is multiplied by the probabilities once more, so a network that is surely wrong hears almost nothing. Classification error's is 0 everywhere: nothing to learn from.",
    ),
  ];
}
