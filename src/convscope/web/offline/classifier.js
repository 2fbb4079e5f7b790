/**
 * The page's side of the worker: takes pictures and returns promises of their predictions. The worker answers
 * in order.
 */

/**
 * @typedef {import("convscope/offline/worker.js").Answer} Answer
 * @typedef {import("convscope/offline/worker.js").Message} Message
 */

export class Classifier {
  /**
   * @param {string} source  of the worker
   * @param {import("convscope/offline/network.js").Model} model
   */
  constructor(source, model) {
    /** @type {{resolve: (answer: Answer) => void, reject: (error: Error) => void}[]} */
    this.waiting = [];
    /** @type {string | undefined}  why no more pictures can be classified */
    this.failure = undefined;
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.worker = new Worker(address);
    this.worker.addEventListener("message", ({ data }) => this.receive(data));
    this.worker.addEventListener("error", ({ message }) => {
      this.failure = message || "this browser lacks a feature that the page needs";
      while (this.waiting.length) this.receive({ problem: this.failure });
    });
    this.worker.postMessage(model);
  }

  /**
   * Classify a picture.
   *
   * @param {import("convscope/offline/picture_file.js").PictureFile | ImageBitmap} picture  a bitmap is
   *   transferred to the worker
   * @returns {Promise<Answer>}
   */
  classify(picture) {
    return new Promise((resolve, reject) => {
      if (this.failure) throw new Error(this.failure);
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(picture, picture instanceof ImageBitmap ? [picture] : []);
    });
  }

  /** @param {Message} message */
  receive({ answer, problem }) {
    const first = this.waiting.shift();
    if (answer) first?.resolve(answer);
    else first?.reject(new Error(problem));
  }
}
