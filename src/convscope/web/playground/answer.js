/** The current prediction as a bar chart, one bar per class. */

import { element } from "convscope/kit/dom.js";
import { percent } from "convscope/kit/numbers.js";

const SAY_AFTER = 600; // milliseconds without a change before it is announced

export class AnswerBars {
  /** @param {string[]} classes */
  constructor(classes) {
    this.classes = classes;
    this.rows = classes.map((name) => {
      const bar = element("span", { class: "fill" });
      const share = element("span", { class: "number" });
      const row = element(
        "li",
        {},
        element("span", { class: "name" }, name),
        element("span", { class: "level" }, bar),
        share,
      );
      return { row, bar, share };
    });
    this.said = element("p", { class: "unseen", role: "status" });
    this.list = element(
      "ol",
      { class: "answer-list", "aria-label": "the answer: a probability for each class" },
      this.rows.map(({ row }) => row),
    );
    this.element = element("div", { class: "bars-now" }, this.list, this.said);
    this.timer = 0;
  }

  /** @param {ArrayLike<number>} probabilities */
  show(probabilities) {
    let best = 0;
    this.rows.forEach(({ bar, share }, place) => {
      if (probabilities[place] > probabilities[best]) best = place;
      bar.style.width = `${100 * probabilities[place]}%`;
      share.textContent = Number.isNaN(probabilities[place]) ? "–" : percent(probabilities[place]);
    });
    this.rows.forEach(({ row }, place) => row.classList.toggle("best", place === best));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.said.textContent = `${this.classes[best]}, ${percent(probabilities[best])}`;
    }, SAY_AFTER);
  }

  /**
   * Align each bar with its output neuron.
   *
   * @param {import("convscope/playground/scene/columns.js").Layout} layout
   */
  align({ columns, isTurned, answer }) {
    const boxes = columns[columns.length - 1].boxes;
    this.rows.forEach(({ row }, place) => {
      const step = answer.height / this.rows.length;
      const middle = isTurned ? (place + 0.5) * step : boxes[place].y + boxes[place].height / 2;
      row.style.top = `${middle}px`;
    });
  }
}
