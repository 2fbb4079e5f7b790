/**
 * What went wrong, as a person reads it: what, why, and what to do.
 *
 * @typedef {{title: string, status: number, detail?: string, why?: string, remedy?: string}} Problem
 */

import { element } from "convscope/kit/dom.js";

/** A request that was refused, with the problem that the server gave as its reason. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/**
 * A problem as a box. An error that is no refusal is a mistake in a script, and thrown on.
 *
 * @param {unknown} error
 */
export function problemBox(error) {
  if (!(error instanceof Refusal)) throw error;
  const { why, remedy } = error.problem;
  return linesBox([error.message, why && `why: ${why}`, remedy && `try: ${remedy}`]);
}

/**
 * What went wrong in a run: what, and below it why and what to do.
 *
 * @param {(string | undefined)[]} lines
 */
export function linesBox([what, ...rest]) {
  return element(
    "div",
    { class: "problem", role: "alert" },
    element("p", { class: "what" }, what ?? ""),
    rest.map((line) => line !== undefined && element("p", { class: "quiet" }, line)),
  );
}

/**
 * A problem in one line.
 *
 * @param {unknown} error
 */
export function problemText(error) {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof Refusal)) return error.message;
  return [error.message, error.problem.why, error.problem.remedy].filter(Boolean).join(" · ");
}
