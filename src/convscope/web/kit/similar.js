/**
 * Why a picture is rejected as unknown: even the most similar training pictures are not similar enough.
 *
 * @typedef {{label: string, similarity: number}} Similar  class of a training picture, and the cosine
 *   similarity of its features
 */

import { element } from "convscope/kit/dom.js";

const MOST_NAMED = 3;

export const UNKNOWN = "probably none of these classes";

/**
 * Return the most similar training pictures as one line of text.
 *
 * @param {Similar[]} similar  most similar first
 */
export function mostSimilar(similar) {
  const named = similar
    .slice(0, MOST_NAMED)
    .map(({ label, similarity }) => `${label} ${similarity.toFixed(2)}`)
    .join(", ");
  return element(
    "p",
    { class: "quiet", title: "cosine of the features; 1 is a training picture itself" },
    `Most similar training pictures: ${named}.`,
  );
}
