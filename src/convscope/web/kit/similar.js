/**
 * Why a picture is taken for unknown: the training pictures that it resembles most are not similar enough.
 *
 * @typedef {{label: string, similarity: number}} Similar  a training picture: its class, and the cosine of the features
 */

import { element } from "convscope/kit/dom.js";

const MOST_NAMED = 3;

export const UNKNOWN = "probably none of these classes";

/**
 * The most similar training pictures in one line.
 *
 * @param {Similar[]} similar  the most similar first
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
