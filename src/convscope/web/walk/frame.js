/** The frame of a view: what it teaches, then what goes in, what the step does, what comes out. */

import { element } from "convscope/kit/dom.js";

/**
 * @param {string} title
 * @param {import("convscope/walk/view.js").Text} text
 */
export function frame(title, text) {
  const panes = {
    input: pane("Input", "input"),
    middle: pane("What the step does", "middle"),
    output: pane("Output", "output"),
  };
  const three = element("div", { class: "panes" }, panes.input, panes.middle, panes.output);
  const below = element("div", { class: "below" });
  const notes = element("div", { class: "notes" });
  return {
    element: element("div", { class: "view" }, teaching(title, text), notes, three, below),
    panes,
    three,
    below,
    notes,
  };
}

/**
 * @param {string} title
 * @param {string} role
 */
function pane(title, role) {
  return element("section", { class: `pane ${role}-pane`, "aria-label": title }, element("h2", {}, title));
}

/**
 * @param {string} title
 * @param {import("convscope/walk/view.js").Text} text
 */
function teaching(title, { does, attempt, more }) {
  return element(
    "header",
    { class: "lesson" },
    element("h1", {}, title),
    element("p", {}, does),
    ...advice(attempt, more),
  );
}

/**
 * Something to try, and what else there is to know, folded.
 *
 * @param {string} attempt
 * @param {string[]} more
 */
export function advice(attempt, more) {
  return [
    element("p", {}, element("strong", {}, "Try: "), attempt),
    element(
      "details",
      {},
      element("summary", {}, "More"),
      element(
        "ul",
        {},
        more.map((text) => element("li", {}, text)),
      ),
    ),
  ];
}
