/**
 * The walk of any picture through an open model, either original or edited.
 *
 *     #/walk/MODEL/PICTURE?at=convolution_1:0.3.4    the options after ? belong to the walk
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { choice } from "convscope/kit/choice.js";
import { element, head } from "convscope/kit/dom.js";
import { percent } from "convscope/kit/numbers.js";
import { Refusal, problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { follow } from "convscope/studio/revisions.js";
import { chosen, dataFor, whatIsOpen } from "convscope/studio/picking.js";
import { addressOf } from "convscope/studio/place.js";
import { serverSource } from "convscope/studio/walk/backward_source.js";
import { EditPanel } from "convscope/studio/walk/edit_panel.js";
import { pictureChooser } from "convscope/studio/walk/picture_chooser.js";
import { isOfClasses } from "convscope/walk/chain.js";
import { mount } from "convscope/walk/page.js";

const MOST_CLASSES = 3;
const SETTLED = 1500; // milliseconds without further changes until the whole walk is computed

const WITHOUT_RELU = "Not available while ReLU is switched off.";
const SEARCHING = "Searching the training pictures …";

/** @typedef {import("convscope/studio/answers.js").SimilarPictures} Similar */

/** The walk handles its options itself. */
export const followsOptions = true;

/**
 * @param {HTMLElement} root
 * @param {import("convscope/studio/place.js").Place} place
 */
export async function show(root, { path: [model, picture] }) {
  const { models } = await get("/api/models");
  if (models.length === 0) {
    root.replaceChildren(
      element("h1", {}, "Walk"),
      element("p", {}, "No model is open yet. ", element("a", { href: addressOf("train") }, "Train one.")),
    );
    return;
  }
  if (model === undefined) {
    location.replace(addressOf("walk", [models[0].id]));
    return;
  }
  if (picture === undefined) {
    location.replace(addressOf("walk", [model, await somePicture(model)]));
    return;
  }
  const go = (/** @type {string[]} */ ...path) => (location.hash = addressOf("walk", path));
  const chooser = await pictureChooser(model, (reference) => go(model, reference), false);
  const names = Object.fromEntries(models.map((/** @type {any} */ one) => [one.id, one.name]));
  const tools = element(
    "div",
    { class: "row tools" },
    choice("model", model, names, (chosen) => go(chosen, picture)),
    chooser.element,
  );
  root.replaceChildren(element("h1", { class: "unseen" }, "Walk"), tools);
  const walked = new Walked(model, picture, tools);
  root.append(walked.element);
  await walked.begin();
  return () => {
    chooser.end();
    walked.end();
  };
}

/**
 * Return the initial picture: the first example among pictures whose classes the model knows.
 *
 * @param {string} model
 */
async function somePicture(model) {
  const { models, data } = await whatIsOpen();
  const { id } = await dataFor(chosen(models, model), data);
  const { classes } = await get(`/api/data/${id}`);
  const { examples } = classes.find((/** @type {{examples: number[]}} */ one) => one.examples.length > 0);
  return `data.${id}.${examples[0]}`;
}

/** The walk of one picture through one model, and the edits of the model. */
class Walked {
  /**
   * @param {string} model
   * @param {string} picture
   * @param {HTMLElement} tools  container for the button of the edit panel
   */
  constructor(model, picture, tools) {
    this.id = model;
    this.model = `/api/models/${model}`;
    this.query = `picture=${encodeURIComponent(picture)}`;
    this.picture = picture;
    this.tools = tools;
    this.turn = 0;
    this.settling = 0;
    this.isSettled = true;
    this.searched = -1; // turn of the last search for similar training pictures
    /** @type {any} */
    this.walk = null;
    /** @type {{turn: number, source: import("convscope/walk/backward/source.js").Source} | null} */
    this.source = null;
    /** @type {Similar | null} */
    this.similar = null;
    this.noNeighbours = SEARCHING;
    this.problem = element("div", {});
    this.page = element("div", { class: "mounted-walk" });
    this.element = element("div", { class: "walked" }, this.problem, this.page);
    /** @type {import("convscope/studio/walk/edit_panel.js").EditList} */
    this.list = { edits: [], network: "", rectify: true };
    /** @type {[any, number[], string]} */
    this.shown = [undefined, [], ""];
  }

  async begin() {
    const [list, kernels, walk] = await Promise.all([
      get(`${this.model}/edits`),
      get("/api/kernels"),
      get(`${this.model}/walk?${this.query}`),
    ]);
    this.list = list;
    this.walk = walk;
    this.panel = new EditPanel({
      edit: (edit) => this.change(() => post(`${this.model}/edits`, edit)),
      undo: () => this.change(() => post(`${this.model}/edits/last`, {}, "DELETE")),
      reset: () => this.change(() => post(`${this.model}/edits`, {}, "DELETE")),
      keep: (name) => this.keep(name),
      weight: async (tensor, place) => {
        const at = place.map((one) => `place=${one}`).join("&");
        return (await get(`${this.model}/weights/${tensor}?${at}`)).value;
      },
      kernels,
      resized: () => this.mounted?.redraw(),
    });
    this.tools.append(this.panel.button);
    this.element.append(this.panel.element);
    this.panel.open(list.edits.length > 0);
    this.mounted = await mount(walk, this.page, {
      shown: (...shown) => {
        this.shown = shown;
        this.follow();
        this.search();
      },
      noNeighbours: () => (this.list.rectify ? this.noNeighbours : WITHOUT_RELU),
      absent: () => (this.list.rectify ? "Computing …" : WITHOUT_RELU),
      gradients: (chain) => this.gradients(chain),
    });
    this.follow();
    this.search();
    if (list.edits.length > 0) await this.drawAnswer(performance.now());
    this.settle();
    this.leave = follow(
      ({ edits }) => edits[this.id],
      () => this.lookAgain(),
    );
  }

  end() {
    this.leave?.();
    this.turn++;
    clearTimeout(this.settling);
    this.mounted?.end();
  }

  follow() {
    const [step, place] = this.shown;
    if (this.mounted) this.panel?.follow(this.list, this.mounted.chain, step, place);
  }

  /**
   * Return the source of gradients for the current state of the model; every edit creates a new one.
   *
   * @param {import("convscope/walk/chain.js").Chain} chain
   */
  gradients(chain) {
    if (this.source?.turn !== this.turn)
      this.source = { turn: this.turn, source: serverSource(this.model, this.query, chain) };
    return this.source.source;
  }

  /** Draw the walk with the data available so far. */
  draw() {
    return this.mounted?.change(this.similar ? withSimilar(this.walk, this.similar) : this.walk);
  }

  /**
   * Search the training pictures for similar ones, which takes a while: only once, and only if they are
   * shown.
   */
  async search() {
    const { turn } = this;
    const [step, , name] = this.shown;
    if (!this.mounted) return;
    const isShown =
      name === "why" || (step?.kind === "full_connection" && isOfClasses(this.mounted.chain, step));
    if (!isShown || !this.isSettled || !this.list.rectify || this.searched === turn) return;
    this.searched = turn;
    try {
      const similar = await get(`${this.model}/similar?${this.query}`);
      if (turn === this.turn) this.similar = similar;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (turn === this.turn) this.noNeighbours = `Not available: ${error.message}.`;
    }
    if (turn === this.turn) await this.draw();
  }

  /**
   * Edit the model. The prediction is updated first, then the steps, and the whole walk once there are no
   * further edits.
   *
   * @param {() => Promise<any>} ask
   */
  change(ask) {
    this.changing = this.changeBy(ask);
    return this.changing;
  }

  /** @param {() => Promise<any>} ask */
  async changeBy(ask) {
    const turn = ++this.turn;
    const start = performance.now();
    clearTimeout(this.settling);
    Object.assign(this, { isSettled: false, similar: null, noNeighbours: SEARCHING });
    this.problem.replaceChildren();
    try {
      const list = await ask();
      if (turn !== this.turn) return;
      this.list = list;
      const [walk] = await Promise.all([get(`${this.model}/walk?${this.query}`), this.drawAnswer(start)]);
      if (turn !== this.turn) return;
      this.walk = walk;
      await this.draw();
      this.element.dataset.walked = String(Math.round(performance.now() - start));
      this.settle();
    } catch (error) {
      this.problem.replaceChildren(problemBox(error));
      this.follow();
    }
  }

  /** Apply edits made elsewhere, such as in another tab. */
  async lookAgain() {
    await this.changing;
    const list = await get(`${this.model}/edits`).catch(() => this.list);
    if (JSON.stringify(list) === JSON.stringify(this.list)) return;
    if (list.edits.length > 0) this.panel?.open(true);
    await this.change(async () => list);
  }

  /** Request the whole walk, including what takes longer. */
  settle() {
    const turn = this.turn;
    if (!this.list.rectify) return;
    this.settling = setTimeout(async () => {
      this.isSettled = true;
      this.search();
      try {
        const walk = await get(`${this.model}/walk?${this.query}&whole=true`);
        if (turn !== this.turn) return;
        this.walk = walk;
        await this.draw();
      } catch (error) {
        if (turn === this.turn) this.problem.replaceChildren(problemBox(error));
      }
    }, SETTLED);
  }

  /** @param {number} start */
  async drawAnswer(start) {
    const { classes, before, after } = await get(`${this.model}/answer?${this.query}`);
    const [now, formerly] = [after, before].map((shares) => largestFirst(shares).slice(0, MOST_CLASSES));
    const leading = [...new Set([...now, ...formerly])].sort((a, b) => after[b] - after[a]);
    const milliseconds = Math.round(performance.now() - start);
    const { answer } = /** @type {EditPanel} */ (this.panel);
    answer.replaceChildren(
      element(
        "table",
        { class: "figures" },
        head(["class", "before", "after"]),
        element(
          "tbody",
          {},
          leading.map((index) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, classes[index]),
              element("td", {}, percent(before[index])),
              element("td", {}, percent(after[index])),
            ),
          ),
        ),
      ),
      element("p", { class: "quiet" }, `recomputed in ${milliseconds} ms`),
    );
    answer.dataset.milliseconds = String(milliseconds);
  }

  /** @param {string} name */
  async keep(name) {
    try {
      const kept = await post(`${this.model}/kept`, { name });
      location.hash = addressOf("walk", [kept.id, this.picture]);
    } catch (error) {
      this.problem.replaceChildren(problemBox(error));
    }
  }
}

/**
 * Return the walk with similar training pictures and relevance added.
 *
 * @param {any} walk
 * @param {Similar} similar
 */
function withSimilar(walk, { neighbours, relevance }) {
  const logits = walk.steps.findLast((/** @type {any} */ { kind }) => kind === "full_connection");
  const steps = walk.steps.map((/** @type {any} */ step) =>
    step === logits ? { ...step, relevance } : step,
  );
  return { ...walk, neighbours, steps };
}
