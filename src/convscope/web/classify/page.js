/**
 * The page that classifies pictures: dropped, pasted or chosen ones, and camera frames. The classifier is
 * passed in: it is either the service that delivered the page, or the network inside the page.
 *
 * @typedef {object} Answer
 * @property {import("convscope/kit/bars.js").Bar[]} classes  most probable first
 * @property {string[]} [labels]  predicted labels, if a picture may have several or none
 * @property {boolean} isUnknown  whether the picture probably belongs to none of the classes
 * @property {import("convscope/kit/similar.js").Similar[]} [similar]  the most similar training pictures
 * @property {import("convscope/kit/arrays.js").Tensor} [pixels]  input of the network
 * @property {number} [milliseconds]
 * @property {string} [note]  how the value range of the picture was determined
 *
 * @typedef {object} Setting
 * @property {(picture: File | ImageBitmap) => Promise<Answer>} classify  consumes a bitmap; an error
 *   concerns only this picture, unless it is `Unavailable`
 * @property {number} atOnce  number of pictures classified concurrently
 * @property {() => import("convscope/kit/dom.js").Child[]} names  contents of the page header
 * @property {import("convscope/kit/dom.js").Child[]} [controls]  shown above the drop area
 * @property {string} footnote
 */

import { bars } from "convscope/kit/bars.js";
import { camera } from "convscope/kit/camera.js";
import { element } from "convscope/kit/dom.js";
import { fileButton, takeDropped, takePasted } from "convscope/kit/files.js";
import { percent } from "convscope/kit/numbers.js";
import { pageTop } from "convscope/kit/page_top.js";
import { networkInput } from "convscope/kit/preview.js";
import { problemText } from "convscope/kit/problem.js";
import { redraw } from "convscope/kit/redraw.js";
import { UNKNOWN, mostSimilar } from "convscope/kit/similar.js";
import { followTheme } from "convscope/kit/theme.js";

const MOST_NAMED = 20;

/** Thrown if no pictures can be classified at the moment. */
export class Unavailable extends Error {}

export class ClassifyPage {
  /**
   * @param {HTMLElement} root
   * @param {Setting} setting
   */
  constructor(root, setting) {
    this.setting = setting;
    this.top = element("div");
    this.classes = element("p");
    this.status = element("p", { role: "status" });
    this.answers = element("ol", { class: "answers", "aria-label": "answers, newest first" });
    this.live = element("div", { class: "stack" });
    this.question = element("h1", {}, "Which class is it?");
    /** The class predicted for the previous camera frame. */
    this.lastSeen = "";
    const { toggle, shown } = camera({ look: (frame) => this.look(frame), say: (text) => this.say(text) });
    const take = (/** @type {File[]} */ files) => this.take(files);
    const drop = element(
      "div",
      { class: "drop" },
      element("p", {}, "Drop pictures here, paste one, or"),
      element("p", { class: "choices" }, fileButton("Choose pictures", take, { multiple: true }), toggle),
    );
    shown.classList.add("answer-row");
    shown.append(this.live);
    takeDropped(window, take, { shown: drop });
    takePasted(take);
    const main = element(
      "main",
      { class: "classify" },
      this.question,
      this.classes,
      ...(setting.controls ?? []),
      drop,
      this.status,
      shown,
      this.answers,
      element("p", { class: "quiet" }, setting.footnote),
    );
    root.replaceChildren(this.top, main);
    addEventListener("hashchange", () => this.drawTop());
    followTheme(() => this.drawTop());
    this.drawTop();
  }

  drawTop() {
    redraw(this.top, () => [pageTop(this.setting.names(), () => this.drawTop())]);
  }

  /**
   * Show the names of the classes.
   *
   * @param {string[]} names
   * @param {boolean} [several]  whether a picture may have several of them
   */
  showClasses(names, several = false) {
    const shown = names.slice(0, MOST_NAMED).join(", ");
    const others = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
    this.question.textContent = several ? "Which labels does it have?" : "Which class is it?";
    const kind = several ? "labels, any number of them for each picture" : "classes";
    this.classes.textContent = names.length ? `${names.length} ${kind}: ${shown}${others}.` : "";
  }

  /** @param {string} text */
  say(text) {
    this.status.textContent = text;
  }

  /** @param {File[]} files */
  async take(files) {
    const waiting = [...files];
    while (waiting.length) {
      this.say(files.length > 1 ? `${waiting.length} to go` : "");
      const some = waiting.splice(0, this.setting.atOnce);
      try {
        const rows = await Promise.all(some.map((file) => this.row(file)));
        for (const { element: row, text } of rows) {
          this.answers.prepend(row);
          this.say(text);
        }
      } catch (error) {
        return this.say(problemText(error));
      }
    }
  }

  /** @param {File} file */
  async row(file) {
    const title = element("h2", {}, file.name);
    try {
      const answer = await this.setting.classify(file);
      const image = element("img", { src: URL.createObjectURL(file), alt: file.name });
      const pictures = element("div", { class: "pictures" }, image, seen(answer));
      const text = element("div", { class: "stack" }, title, table(answer));
      return {
        element: element("li", { class: "answer-row" }, pictures, text),
        text: `${file.name}: ${inWords(answer)}`,
      };
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      const why = problemText(error);
      const text = element("div", { class: "stack" }, title, element("p", {}, `Not classified: ${why}.`));
      return {
        element: element("li", { class: "answer-row" }, element("div"), text),
        text: `${file.name} cannot be classified: ${why}`,
      };
    }
  }

  /**
   * Classify a camera frame, and announce the prediction when it changes.
   *
   * @param {ImageBitmap} frame
   */
  async look(frame) {
    const answer = await this.setting.classify(frame);
    this.live.replaceChildren(...[seen(answer), table(answer)].filter((one) => one !== null));
    const label = answer.labels ? answer.labels.join() : answer.classes[0].label;
    if (label !== this.lastSeen) this.say(`The camera sees ${inWords(answer)}`);
    this.lastSeen = label;
  }
}

/** @param {Answer} answer */
function seen({ pixels }) {
  return pixels ? networkInput(pixels) : null;
}

/**
 * Draw the prediction as a bar chart, and the reason if the picture is unknown.
 *
 * @param {Answer} answer
 */
function table({ classes, labels, isUnknown, similar = [], milliseconds, note }) {
  const time = milliseconds !== undefined && `in ${milliseconds.toFixed(1)} ms`;
  const remarks = [labels && listed(labels), isUnknown && UNKNOWN, note, time];
  const answers = classes.map(({ label }, place) => labels?.includes(label) ?? place === 0);
  const shares = bars(classes, { caption: remarks.filter(Boolean).join("; "), shares: true, answers });
  return isUnknown && similar.length ? element("div", {}, shares, mostSimilar(similar)) : shares;
}

/** @param {Answer} answer */
function inWords({ classes: [first], labels, isUnknown }) {
  if (labels) return listed(labels);
  return `${isUnknown ? `${UNKNOWN}; nearest: ` : ""}${first.label}, ${percent(first.value)}`;
}

/** @param {string[]} labels */
function listed(labels) {
  return labels.length ? labels.join(", ") : "none of the labels";
}
