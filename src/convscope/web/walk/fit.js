/** The score of a picture under the model's open-set rule. */

import { percent, three } from "convscope/kit/numbers.js";

/** @param {import("convscope/walk/document.js").OpenSet} fit */
export function fitInWords({ kind, score, threshold, rejected_fraction, unknown }) {
  const compared = `${three(score)}, ${unknown ? "below" : "not below"} the threshold of ${three(threshold)}`;
  const measured =
    kind === "nearest"
      ? `The nearest training picture has a similarity of ${compared}`
      : `The score for how well the picture fits the classes is ${compared}`;
  const verdict = unknown ? "it probably shows none of the classes" : "it is taken for one of the classes";
  return `${measured}: ${verdict}. The threshold rejects ${percent(rejected_fraction)} of the pictures of known classes.`;
}
