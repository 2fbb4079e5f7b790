/**
 * The table of contents of the lesson, the progress, and the final page.
 *
 * @typedef {import("convscope/studio/answers.js").Chapter} Chapter
 * @typedef {import("convscope/studio/place.js").Place} Place
 */

import { element } from "convscope/kit/dom.js";
import { post } from "convscope/studio/api.js";
import { icon } from "convscope/studio/lesson/icons.js";
import { addressOf, turnTo, withOptions } from "convscope/studio/place.js";

/** Name of the final page in the address. */
export const END = "end";

/**
 * @param {Chapter[]} chapters
 * @param {Place} place
 */
export function contents(chapters, place) {
  const next = chapters.find(({ questions, right }) => right.length < questions.length);
  const hasBegun = chapters.some(({ right }) => right.length > 0);
  return [
    element(
      "div",
      { class: "lesson" },
      element("h1", {}, "How a network sees a picture, and how it learns to"),
      element(
        "p",
        {},
        "A convolutional neural network turns the pixels of a picture into an answer in seven kinds of steps. Each is simple arithmetic; what makes it work is that the weights were learned from examples. Here you do every step yourself, on the numbers of a real network that recognises drawings.",
      ),
      element(
        "p",
        {},
        "Some questions ask for a number, others ask what would happen, and why. Guess first if you like: a wrong answer shows the calculation and costs nothing. Rows, columns, maps and neurons are counted from 0.",
      ),
    ),
    element(
      "p",
      { class: "row" },
      next
        ? element(
            "a",
            { class: "button main-action", href: addressOfPage(place, next.name) },
            hasBegun ? "Continue" : "Begin",
          )
        : null,
      bar(chapters),
    ),
    element(
      "ol",
      { class: "cards" },
      chapters.map((chapter) => card(chapter, place)),
    ),
    hasBegun ? startOver(place) : null,
  ].filter((one) => one !== null);
}

/**
 * @param {Chapter} chapter
 * @param {Place} place
 */
function card(chapter, place) {
  const done = chapter.right.length === chapter.questions.length;
  return element(
    "li",
    { class: done ? "done" : null },
    element(
      "a",
      { href: addressOfPage(place, chapter.name), "aria-label": chapter.title },
      icon(chapter.name),
      element("strong", {}, chapter.title),
    ),
    element("p", {}, chapter.gist),
    element("p", { class: "quiet" }, counted([chapter])),
  );
}

/**
 * Draw the final page: what was covered, and where to continue.
 *
 * @param {Chapter[]} chapters
 * @param {Place} place
 */
export function ending(chapters, place) {
  const open = chapters.filter(({ questions, right }) => right.length < questions.length);
  return [
    element(
      "div",
      { class: "lesson" },
      element("h1", {}, open.length ? "What to remember" : "You have done every step yourself"),
      element(
        "p",
        {},
        open.length
          ? "Some questions are still open; the links lead to them."
          : "Every question is answered. Nothing in a network like this is hidden from you any more; this is what to remember.",
      ),
    ),
    bar(chapters),
    element(
      "ol",
      { class: "chapters" },
      chapters.map((chapter) =>
        element(
          "li",
          {},
          element("strong", {}, chapter.title),
          ": ",
          chapter.gist,
          chapter.right.length < chapter.questions.length
            ? [
                " ",
                element(
                  "a",
                  { href: addressOfPage(place, chapter.name) },
                  `${chapter.questions.length - chapter.right.length}\u00a0open`,
                ),
              ]
            : null,
        ),
      ),
    ),
    element("h2", {}, "Where next?"),
    element(
      "p",
      { class: "choices" },
      element("a", { href: addressOf("playground", []) }, "Play with the network and watch it learn"),
      element("a", { href: addressOf("train", []) }, "Train a network of your own"),
      element("a", { href: addressOf("walk", []) }, "Walk through its answer to your drawing"),
      element("a", { href: addressOf("losses", []) }, "Compare two losses"),
    ),
    startOver(place),
  ];
}

/**
 * Draw links to all pages, each with the number of questions answered.
 *
 * @param {Chapter[]} chapters
 * @param {Place} place
 * @param {string} current
 */
export function pages(chapters, place, current) {
  const counts = new Map(chapters.map((chapter) => [chapter, element("span", { class: "quiet" })]));
  const total = element("div", {});
  const update = () => {
    for (const [chapter, count] of counts) count.textContent = ` ${short(chapter)}`;
    total.replaceChildren(bar(chapters));
  };
  update();
  const to = (
    /** @type {string} */ name,
    /** @type {string} */ title,
    /** @type {HTMLElement | null} */ count,
  ) =>
    element(
      "a",
      { href: addressOfPage(place, name), "aria-current": name === current ? "page" : null },
      title,
      count,
    );
  return {
    element: element(
      "div",
      { class: "lesson-top" },
      element(
        "nav",
        { class: "lesson-steps", "aria-label": "pages of the lesson" },
        to("", "Contents", null),
        chapters.map((chapter) => to(chapter.name, chapter.short, counts.get(chapter) ?? null)),
      ),
      total,
    ),
    update,
  };
}

/**
 * @param {Place} place
 * @param {string} name
 */
export function addressOfPage(place, name) {
  return withOptions({ ...place, path: name ? [name] : [] }, { again: "" });
}

/** @param {Chapter[]} chapters */
function bar(chapters) {
  const { done, all } = sums(chapters);
  return element(
    "label",
    { class: "lesson-progress" },
    element("progress", { value: done, max: all }),
    ` ${counted(chapters)}`,
  );
}

/** @param {Chapter[]} chapters */
function counted(chapters) {
  const { done, all } = sums(chapters);
  return `${done} of ${all} answered`;
}

/** @param {Chapter} chapter */
function short({ questions, right }) {
  return right.length === questions.length ? "✓" : right.length ? `${right.length}/${questions.length}` : "";
}

/** @param {Chapter[]} chapters */
function sums(chapters) {
  return {
    done: chapters.reduce((sum, { right }) => sum + right.length, 0),
    all: chapters.reduce((sum, { questions }) => sum + questions.length, 0),
  };
}

/** @param {Place} place */
function startOver(place) {
  const forget = async () => {
    await post("/api/lesson", {}, "DELETE");
    turnTo({ ...place, path: [] }, { again: String(Date.now()) });
  };
  return element("p", {}, element("button", { type: "button", click: forget }, "Start over"));
}
