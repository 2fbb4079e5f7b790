/** Training: choose pictures and a network, and watch the training. */

import { showRun } from "convscope/studio/train/run.js";
import { showStart } from "convscope/studio/train/start.js";

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root, { path: [run], options }) {
  return run ? showRun(root, run) : showStart(root, options.data ?? "");
}
