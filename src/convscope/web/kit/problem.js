/**
 * Error messages for people: what went wrong, why, and what to do.
 *
 * @typedef {{title: string, status: number, detail?: string, why?: string, remedy?: string}} Problem
 */

import { element } from "convscope/kit/dom.js";

/** A request that the server refused, with the reason it gave. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/**
 * Draw an error as a box. Anything but a Refusal is a bug and is thrown again.
 *
 * @param {unknown} error
 */
export function problemBox(error) {
  if (!(error instanceof Refusal)) throw error;
  const { why, remedy } = error.problem;
  return linesBox([error.message, why && `why: ${why}`, remedy && `try: ${remedy}`]);
}

/**
 * Draw the error of a run: what went wrong, followed by why and what to do.
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
 * Return an error as one line of text.
 *
 * @param {unknown} error
 */
export function problemText(error) {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof Refusal)) return error.message;
  return [error.message, error.problem.why, error.problem.remedy].filter(Boolean).join(" · ");
}
