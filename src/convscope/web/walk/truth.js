/**
 * What the answer is and what may be true of a picture: a class, or a set of labels. A walk counts such outcomes, as its
 * document says: a class by its index, a label set by its place among `labels.sets`.
 *
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 */

export const NONE = "none of the labels";

/**
 * The classes or labels of the answer.
 *
 * @param {Pick<Chain, "labels" | "predicted">} chain
 * @returns {number[]}
 */
export function answerOf({ labels, predicted }) {
  return labels ? labels.answer : predicted === null ? [] : [predicted];
}

/**
 * The classes or labels of an outcome.
 *
 * @param {Pick<Chain, "labels">} chain
 * @param {number} outcome
 * @returns {number[]}
 */
export function membersOf({ labels }, outcome) {
  return labels ? labels.sets[outcome] : [outcome];
}

/**
 * What one of the outputs is called.
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
 * The outcome that is supposed: the truth, or else the answer.
 *
 * @param {Chain} chain
 * @returns {number}
 */
export function supposed({ labels, truth, predicted }) {
  return truth ?? (labels ? 0 : (predicted ?? 0));
}

/**
 * The class that a view of an outcome begins with; with several labels, the most probable one.
 *
 * @param {Chain} chain
 * @param {number} outcome
 */
export function focusOf({ labels, predicted }, outcome) {
  return labels ? (predicted ?? 0) : outcome;
}

/**
 * How probable an outcome is; labels are independent, so that their probabilities multiply.
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
