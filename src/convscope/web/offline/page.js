/**
 * The page that classifies: pictures that are dropped, pasted or chosen, and the camera. Nothing leaves it.
 *
 * @typedef {import("convscope/offline/network.js").Model} Model
 * @typedef {{name: string, licence: string, pixel_limit: number, byte_limit: number, worker: string, model: Model}}
 *   Data
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { element } from "convscope/kit/dom.js";
import { pageTop } from "convscope/kit/page_top.js";
import { parse } from "convscope/kit/state.js";
import { themeOf } from "convscope/kit/theme.js";
import { seen, table, told } from "convscope/offline/answer.js";
import { start } from "convscope/offline/camera.js";
import { Classifier } from "convscope/offline/classifier.js";
import { open as openFile } from "convscope/offline/given.js";

const MOST_NAMED = 20;

/**
 * @param {Data} data
 * @param {HTMLElement} root
 */
export function open(data, root) {
  new Page(data, root);
}

class Page {
  /**
   * @param {Data} data
   * @param {HTMLElement} root
   */
  constructor(data, root) {
    this.data = data;
    this.classifier = new Classifier(data.worker, data.model);
    this.top = element("div");
    this.status = element("p", { role: "status" });
    this.answers = element("ol", { class: "answers", "aria-label": "answers, newest first" });
    this.video = element("video", { "aria-label": "what the camera sees", playsinline: true, muted: true });
    this.live = element("div", { class: "stack" });
    this.camera = element("section", { class: "answer-row", hidden: true }, this.video, this.live);
    this.switch = element("button", { type: "button", click: () => this.toggleCamera() }, "Use the camera");
    /** @type {number | undefined} the class that the camera saw last */
    this.lastSeen = undefined;
    /** @type {(() => void) | undefined} stops the camera */
    this.stop = undefined;
    this.isAsking = false; // whether the browser still asks if the camera may be used
    this.drop = this.dropZone();
    root.replaceChildren(this.top, this.main());
    this.listen();
    this.showTheme();
  }

  main() {
    const { classes } = this.data.model;
    const named = classes.slice(0, MOST_NAMED).join(", ");
    const { licence } = this.data;
    return element(
      "main",
      { class: "classify" },
      element("h1", {}, "Which class is it?"),
      element("p", {}, classes.length > MOST_NAMED ? `${named}, ...` : named),
      this.drop,
      this.status,
      this.camera,
      this.answers,
      element(
        "p",
        { class: "quiet" },
        "The whole network is inside this file. No picture leaves it, and it asks for nothing. ",
        licence && `Terms: ${licence}.`,
      ),
    );
  }

  dropZone() {
    const files = element("input", {
      type: "file",
      class: "unseen",
      accept: "image/*",
      multiple: true,
      change: () => {
        this.take([...(files.files ?? [])]);
        files.value = "";
      },
    });
    return element(
      "div",
      { class: "drop" },
      element("p", {}, "Drop pictures here, paste one, or"),
      element(
        "p",
        { class: "choices" },
        element("label", { class: "button" }, "Choose pictures", files),
        this.switch,
      ),
    );
  }

  listen() {
    addEventListener("hashchange", () => this.showTheme());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.showTheme());
    addEventListener("paste", ({ clipboardData }) => this.take([...(clipboardData?.files ?? [])]));
    addEventListener("dragover", (event) => {
      event.preventDefault();
      this.drop.classList.add("over");
    });
    addEventListener("dragleave", () => this.drop.classList.remove("over"));
    addEventListener("drop", (event) => {
      event.preventDefault();
      this.drop.classList.remove("over");
      this.take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  showTheme() {
    const state = parse(location.hash);
    const theme = themeOf(state);
    document.documentElement.dataset.theme = theme;
    const { name, model } = this.data;
    const names = [element("span", {}, name), element("code", {}, model.network)];
    this.top.replaceChildren(pageTop(names, state, theme));
  }

  /** @param {File[]} files */
  async take(files) {
    for (const [place, file] of files.entries()) {
      this.say(files.length > 1 ? `${files.length - place} to go` : "");
      try {
        const image = await openFile(file, this.data);
        const answer = await this.classifier.classify(file);
        this.show(file.name, image, answer);
        this.say(`${file.name}: ${told(answer, this.data.model)}`);
      } catch (error) {
        this.say(`${file.name} cannot be classified: ${text(error)}`);
        this.refuse(file.name, text(error));
      }
    }
  }

  /**
   * @param {string} name
   * @param {HTMLImageElement} image
   * @param {import("convscope/offline/worker.js").Answer} answer
   */
  show(name, image, answer) {
    const { model } = this.data;
    image.alt = name;
    const pictures = element("div", { class: "pictures" }, image, seen(answer, model));
    const said = element("div", { class: "stack" }, element("h2", {}, name), table(answer, model));
    this.answers.prepend(element("li", { class: "answer-row" }, pictures, said));
  }

  /**
   * @param {string} name
   * @param {string} why
   */
  refuse(name, why) {
    const said = element(
      "div",
      { class: "stack" },
      element("h2", {}, name),
      element("p", {}, `Not classified: ${why}.`),
    );
    this.answers.prepend(element("li", { class: "answer-row" }, element("div"), said));
  }

  async toggleCamera() {
    if (this.isAsking) return;
    if (this.stop) this.stopCamera();
    else {
      this.isAsking = true;
      try {
        this.stop = await start(
          this.video,
          (frame) => this.look(frame),
          (error) => this.loseCamera(error),
        );
        this.showCamera();
      } catch (error) {
        this.loseCamera(error);
      }
      this.isAsking = false;
    }
  }

  stopCamera() {
    this.stop?.();
    this.stop = undefined;
    this.showCamera();
  }

  /** @param {unknown} error */
  loseCamera(error) {
    this.stopCamera();
    this.say(`The camera cannot be used: ${text(error)}`);
  }

  showCamera() {
    this.camera.hidden = !this.stop;
    this.switch.textContent = this.stop ? "Stop the camera" : "Use the camera";
  }

  /**
   * Shows what a frame is of, and says it when it is something else than before.
   *
   * @param {ImageBitmap} frame
   */
  async look(frame) {
    const { model } = this.data;
    const answer = await this.classifier.classify(frame);
    this.live.replaceChildren(seen(answer, model), table(answer, model));
    const first = largestFirst(answer.probabilities)[0];
    if (first !== this.lastSeen) this.say(`The camera sees ${told(answer, model)}`);
    this.lastSeen = first;
  }

  /** @param {string} words */
  say(words) {
    this.status.textContent = words;
  }
}

/** @param {unknown} error */
function text(error) {
  return error instanceof Error ? error.message : String(error);
}
