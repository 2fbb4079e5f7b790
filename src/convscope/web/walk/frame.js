/** The frame of a view: explanation, input, arithmetic and output. */

import { element, flat, questionMark } from "convscope/kit/dom.js";

/** From this width on, the explanation has its own column; on narrower screens it is collapsed. */
const BESIDE = "(min-width: 64rem)";

/**
 * Create the frame.
 *
 * @param {string} title
 * @param {string} facts  one line: notation, shapes and number of parameters
 * @param {import("convscope/walk/view.js").Text} text
 */
export function frame(title, facts, text) {
  const inside = panes();
  const notes = element("div", { class: "notes" });
  const where = element("div", { class: "where" });
  return {
    ...inside,
    element: element(
      "div",
      { class: "view" },
      element("div", { class: "guide" }, teaching(title, facts, text), notes),
      inside.three,
      where,
      inside.below,
    ),
    notes,
    /** Container for the trail and the links to the previous and the next step. */
    where,
  };
}

/**
 * Create the panes for input, arithmetic and output, and the area below them.
 *
 * @param {string} [step]  name of the step, if a page shows several
 */
export function panes(step = "") {
  const three = {
    input: pane("Input", "input", step),
    middle: pane("What the step does", "middle", step),
    output: pane("Output", "output", step),
  };
  const below = element("div", { class: "below" });
  const all = element("div", { class: "panes" }, three.input, three.middle, three.output);
  return {
    three: all,
    below,
    /** Available widths, measured once the panes are in the document. */
    room: () => ({
      ...across(all, three),
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
 * Return the width of each pane. On narrow screens, input and output are next to each other above the
 * arithmetic.
 *
 * @param {HTMLElement} all
 * @param {Record<"input" | "middle" | "output", HTMLElement>} three
 */
function across(all, { input, middle, output }) {
  const isTurned = getComputedStyle(input).display === "contents";
  if (!isTurned) return { input: input.clientWidth, middle: middle.clientWidth, output: output.clientWidth };
  const half = (all.clientWidth - parseFloat(getComputedStyle(all).columnGap)) / 2;
  return { input: half, middle: all.clientWidth, output: half };
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
 * @param {string} facts
 * @param {import("convscope/walk/view.js").Text} text
 */
function teaching(title, facts, { does, attempt, more }) {
  return element(
    "header",
    { class: "lesson" },
    element("h1", {}, title),
    facts && element("p", { class: "quiet facts" }, facts),
    element(
      "details",
      { class: "about transient", open: matchMedia(BESIDE).matches },
      questionMark(`about ${title}`),
      element("p", {}, does),
      ...advice(attempt, more),
    ),
  );
}

/**
 * Create the suggestion of something to try, and further details, collapsed.
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
