/**
 * The page of `convscope serve`: pictures are sent to the service that delivered it. A token is kept only in
 * memory.
 *
 * @typedef {import("convscope/classify/page.js").Answer} Answer
 * @typedef {{picture: string, unknown?: boolean, labels: string[], classes: {class: string, probability: number}[],
 *   similar?: {class: string, similarity: number}[]}} Predicted
 * @typedef {{name: string, classes: string[], thresholds: number[] | null}} Served  thresholds: only for
 *   models with several labels
 */

import { ClassifyPage, Unavailable } from "convscope/classify/page.js";
import { pngOf } from "convscope/kit/camera.js";
import { element } from "convscope/kit/dom.js";
import { problemText, Refusal } from "convscope/kit/problem.js";
import { ask as request } from "convscope/kit/request.js";

const AT_ONCE = 4; // each in its own request, because size limits apply to a request
const OF_THE_PICTURE = [413, 422]; // status codes that concern one picture; the others are sent nevertheless
const GONE = { detail: "the service does not answer", remedy: "is convscope serve still running?" };

/**
 * @param {object} _data
 * @param {HTMLElement} root
 */
export function open(_data, root) {
  new ServicePage(root).showModels();
}

class ServicePage {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {Map<string, Served>}  models by name */
    this.models = new Map();
    this.model = element("select", { "aria-label": "model", change: () => this.showClasses() });
    this.token = element("input", { type: "password", autocomplete: "current-password", required: true });
    this.entry = element(
      "form",
      {
        class: "fields",
        hidden: true,
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          this.showModels();
        },
      },
      element("label", {}, "This service needs a token ", this.token),
      element("button", {}, "Sign in"),
    );
    this.page = new ClassifyPage(root, {
      classify: (picture) => this.classify(picture),
      atOnce: AT_ONCE,
      names: () => [this.model],
      controls: [this.entry],
      footnote: "Pictures are sent to this service, which does not keep them.",
    });
  }

  async showModels() {
    try {
      const { models } = await this.ask("models");
      this.models = new Map(models.map((/** @type {Served} */ one) => [one.name, one]));
      this.model.replaceChildren(...[...this.models.keys()].map((name) => new Option(name)));
      this.entry.hidden = true;
      this.page.say("");
      this.showClasses();
    } catch (error) {
      this.page.say(problemText(error));
    }
  }

  showClasses() {
    const { classes = [], thresholds = null } = this.models.get(this.model.value) ?? {};
    this.page.showClasses(classes, thresholds !== null);
  }

  /**
   * @param {File | ImageBitmap} picture
   * @returns {Promise<Answer>}
   */
  async classify(picture) {
    const form = new FormData();
    form.append("picture", picture instanceof File ? picture : await pngOf(picture));
    try {
      const address = `models/${encodeURIComponent(this.model.value)}/predict`;
      /** @type {{predictions: Predicted[]}} */
      const { predictions } = await this.ask(address, { method: "POST", body: form });
      const [{ classes, labels, unknown = false, similar = [] }] = predictions;
      return {
        classes: classes.map(({ class: label, probability: value }) => ({ label, value })),
        labels: this.models.get(this.model.value)?.thresholds ? labels : undefined,
        isUnknown: unknown,
        similar: similar.map(({ class: label, similarity }) => ({ label, similarity })),
      };
    } catch (error) {
      if (error instanceof Refusal && OF_THE_PICTURE.includes(error.problem.status)) throw error;
      throw new Unavailable(problemText(error));
    }
  }

  /**
   * @param {string} address
   * @param {RequestInit} [what]
   */
  async ask(address, what = {}) {
    const { value } = this.token;
    const headers = /** @type {Record<string, string>} */ (value ? { authorization: `Bearer ${value}` } : {});
    try {
      return await request(address, { ...what, headers }, GONE);
    } catch (error) {
      if (error instanceof Refusal && error.problem.status === 401) this.entry.hidden = false;
      throw error;
    }
  }
}
