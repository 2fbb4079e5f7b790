/**
 * Predictions and true outcomes of a picture: a class, or a set of labels. As in the walk document, a class
 * is given by its index, a label set by its index in `labels.sets`.
 *
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 */

export const NONE = "none of the labels";

/**
 * Return the predicted class or labels.
 *
 * @param {Pick<Chain, "labels" | "predicted">} chain
 * @returns {number[]}
 */
export function answerOf({ labels, predicted }) {
  return labels ? labels.answer : predicted === null ? [] : [predicted];
}

/**
 * Return the class or labels of an outcome.
 *
 * @param {Pick<Chain, "labels">} chain
 * @param {number} outcome
 * @returns {number[]}
 */
export function membersOf({ labels }, outcome) {
  return labels ? labels.sets[outcome] : [outcome];
}

/**
 * Return the word for an output of the network.
 *
 * @param {Pick<Chain, "labels">} chain
 */
export function outputName({ labels }) {
  return labels ? "label" : "class";
}

/**
 * @param {Pick<Chain, "classes">} chain
 * @param {number[]} members
 */
export function named({ classes }, members) {
  return members.map((index) => classes[index]).join(", ") || NONE;
}

/**
 * Return the default outcome for the loss: the true one if known, otherwise the predicted one.
 *
 * @param {Chain} chain
 * @returns {number}
 */
export function supposed({ labels, truth, predicted }) {
  return truth ?? (labels ? 0 : (predicted ?? 0));
}

/**
 * Return the class that the view of an outcome shows first; with several labels, the most probable label.
 *
 * @param {Chain} chain
 * @param {number} outcome
 */
export function focusOf({ labels, predicted }, outcome) {
  return labels ? (predicted ?? 0) : outcome;
}

/**
 * Return the probability of an outcome. Labels are treated as independent, so their probabilities are
 * multiplied.
 *
 * @param {Chain} chain
 * @param {number} outcome
 */
export function probabilityOf(chain, outcome) {
  const { labels, probabilities } = chain;
  if (!labels) return probabilities[outcome];
  const members = membersOf(chain, outcome);
  return probabilities.reduce((product, p, index) => product * (members.includes(index) ? p : 1 - p), 1);
}
