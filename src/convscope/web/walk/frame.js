/** The frame of a view: what it teaches, then what goes in, what the step does, what comes out. */

import { element } from "convscope/kit/dom.js";
import { LESSONS } from "convscope/walk/lessons.js";

/**
 * @param {string} title
 * @param {string} lesson  which of the lessons
 */
export function frame(title, lesson) {
  const panes = {
    input: pane("what goes in", "input"),
    middle: pane("what the step does", "middle"),
    output: pane("what comes out", "output"),
  };
  const three = element("div", { class: "panes" }, panes.input, panes.middle, panes.output);
  const below = element("div", { class: "below" });
  const notes = element("div", { class: "notes" });
  return {
    element: element("div", { class: "view" }, teaching(title, lesson), notes, three, below),
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
 * @param {string} lesson
 */
function teaching(title, lesson) {
  const { does, attempt, more } = LESSONS[lesson];
  return element(
    "header",
    { class: "lesson" },
    element("h1", {}, title),
    element("p", {}, does),
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
  );
}
