/**
 * Three losses of one picture and their gradients with respect to the logits. p are the probabilities; t is 1
 * for the true class and 0 for all others.
 */

/**
 * Return −ln of the true class's probability.
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function crossEntropy(p, truth) {
  return -Math.log(p[truth]);
}

/**
 * Return the sum over the classes of (p - t)².
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function squaredError(p, truth) {
  return differences(p, truth).reduce((sum, difference) => sum + difference ** 2, 0);
}

/**
 * Return 0 if the most probable class is the true one, otherwise 1. Of equally probable classes, the first
 * counts.
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function classificationError(p, truth) {
  return p.indexOf(Math.max(...p)) === truth ? 0 : 1;
}

/**
 * Return p - t for each class.
 *
 * @param {number[]} p
 * @param {number} truth
 */
export function crossEntropyGradient(p, truth) {
  return differences(p, truth);
}

/**
 * Return 2 p ((p - t) - Σ p (p - t)) for each class: the derivative of softmax contributes another factor p.
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
