/** The frame of a view: what it teaches, then what goes in, what the step does, what comes out. */

import { element, flat } from "convscope/kit/dom.js";

/**
 * @param {string} title
 * @param {import("convscope/walk/view.js").Text} text
 */
export function frame(title, text) {
  const inside = panes();
  const notes = element("div", { class: "notes" });
  return {
    ...inside,
    element: element("div", { class: "view" }, teaching(title, text), notes, inside.three, inside.below),
    notes,
  };
}

/**
 * What goes in, what the step does, what comes out, and room below the three.
 *
 * @param {string} [step]  which one, where a page has several
 */
export function panes(step = "") {
  const three = {
    input: pane("Input", "input", step),
    middle: pane("What the step does", "middle", step),
    output: pane("Output", "output", step),
  };
  const below = element("div", { class: "below" });
  return {
    three: element("div", { class: "panes" }, three.input, three.middle, three.output),
    below,
    /** The room across, once the panes are part of the page. */
    room: () => ({
      input: inner(three.input),
      middle: inner(three.middle),
      output: inner(three.output),
      below: below.clientWidth,
    }),
    /** @param {import("convscope/walk/view.js").View} view */
    fill(view) {
      for (const pane of /** @type {const} */ (["input", "middle", "output"])) {
        three[pane].append(...flat(view[pane] ?? []));
      }
      below.append(...flat(view.below ?? []));
    },
  };
}

/**
 * The room inside an element's padding.
 *
 * @param {HTMLElement} box
 */
function inner(box) {
  const { paddingLeft, paddingRight } = getComputedStyle(box);
  return box.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
}

/**
 * @param {string} title
 * @param {string} role
 * @param {string} step
 */
function pane(title, role, step) {
  const name = step ? `${step}: ${title}` : title;
  return element("section", { class: `pane ${role}-pane`, "aria-label": name }, element("h2", {}, title));
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
