/** The frame of a view: what it teaches, then what goes in, what the step does, what comes out. */

import { element, flat } from "convscope/kit/dom.js";

/** From this width on, what a view teaches stands beside it; on narrower screens it is folded. */
const BESIDE = "(min-width: 64rem)";

/**
 * @param {string} title
 * @param {string} facts  what is known of the step at a glance
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
    /** Where the number has come from, and the steps beside this one. */
    where,
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
  const all = element("div", { class: "panes" }, three.input, three.middle, three.output);
  return {
    three: all,
    below,
    /** The room across, once the panes are part of the page. */
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
 * The room in each pane. Where there is little, input and output stand side by side above the middle.
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
      element("summary", { "aria-label": `about ${title}` }, "?"),
      element("p", {}, does),
      ...advice(attempt, more),
    ),
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
