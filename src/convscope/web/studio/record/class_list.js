/** The classes of a recording: initially two, more on demand, and which of them is being recorded. */

import { element } from "convscope/kit/dom.js";
import { problemBox } from "convscope/kit/problem.js";
import { classCard } from "convscope/studio/record/class_card.js";

const FEWEST = 2; // pictures a class needs to take part

/**
 * Create the list.
 *
 * @typedef {import("convscope/studio/record/class_card.js").ClassCard} ClassCard
 *
 * @param {import("convscope/studio/record/class_card.js").Recording} kept
 * @param {object} use
 * @param {() => void} use.record  called when a button is pressed
 * @param {() => void} use.changed  called after pictures or classes were added or removed
 */
export async function classList(kept, { record, changed }) {
  /** @type {ClassCard[]} */
  let cards = [];
  /** @type {ClassCard | null}  the class whose button is held */
  let held = null;
  /** @type {ClassCard | null}  the class that gets the next frame, even if its button has been released */
  let pressed = null;
  const list = element("ul", { class: "class-cards" });
  const trouble = element("div", {});

  /** @param {string} label */
  function draw(label) {
    const card = classCard(kept, label, {
      begin(which) {
        held = pressed = which;
        record();
      },
      end: () => (held = null),
      once(which) {
        pressed = which;
        record();
      },
      changed,
      removed(which) {
        cards = cards.filter((other) => other !== which);
        which.element.remove();
        changed();
      },
    });
    cards.push(card);
    list.append(card.element);
    return card;
  }

  /** Return the first of class 1, class 2, ... that is not in use. */
  function freeName() {
    let number = 1;
    while (cards.some((card) => card.name() === `class ${number}`)) number++;
    return `class ${number}`;
  }

  async function add() {
    const label = freeName();
    trouble.replaceChildren();
    try {
      await kept.addClass(label);
    } catch (error) {
      return trouble.replaceChildren(problemBox(error));
    }
    const { field } = draw(label);
    field.focus();
    field.select();
  }

  await Promise.all(Object.keys(await kept.classes()).map((label) => draw(label).refresh()));
  if (!kept.id()) while (cards.length < 2) draw(freeName());
  return {
    element: element(
      "section",
      { class: "stack", "aria-label": "classes" },
      element(
        "p",
        { class: "quiet", id: "hold-help" },
        "Hold the button, or the space bar on it, for as long as you want to record; a click takes one picture. A click on a picture removes it.",
      ),
      list,
      trouble,
      element("button", { type: "button", click: add }, "Add class"),
    ),
    labels: () => cards.map((card) => card.name()),
    /** Whether there are enough pictures to learn from. */
    areEnough: () => cards.filter((card) => card.pictures() >= FEWEST).length >= 2,
    /** Return the class that gets the current frame. */
    recorded() {
      const card = held ?? pressed;
      pressed = null;
      return card && cards.includes(card) ? card : null;
    },
    /** Release all buttons. */
    release: () => void (held = pressed = null),
  };
}
