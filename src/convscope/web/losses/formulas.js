/**
 * The few formulas of the loss bench: three losses of one picture and their gradients at the logits, with p the
 * probabilities and t 1 for the true class and 0 for the others.
 */

/**
 * -ln of the true class's probability.
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function crossEntropy(p, truth) {
  return -Math.log(p[truth]);
}

/**
 * The sum over the classes of (p - t)².
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function squaredError(p, truth) {
  return differences(p, truth).reduce((sum, difference) => sum + difference ** 2, 0);
}

/**
 * 0 if the most probable class is the true one, else 1; of equally probable classes the first is taken.
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function classificationError(p, truth) {
  return p.indexOf(Math.max(...p)) === truth ? 0 : 1;
}

/**
 * p - t, one a class.
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function crossEntropyGradient(p, truth) {
  return differences(p, truth);
}

/**
 * 2 p ((p - t) - Σ p (p - t)), one a class: softmax multiplies by p once more.
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function squaredErrorGradient(p, truth) {
  const difference = differences(p, truth);
  const mean = p.reduce((sum, share, index) => sum + share * difference[index], 0);
  return p.map((share, index) => 2 * share * (difference[index] - mean));
}

/**
 * @param {number[]} p
 * @param {number} truth
 */
function differences(p, truth) {
  return p.map((share, index) => share - Number(index === truth));
}
