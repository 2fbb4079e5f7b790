/**
 * The walk of any picture through an open model, as it is or changed.
 *
 *     #/walk/MODEL/PICTURE?at=convolution_1:0.3.4    what follows the ? is the walk's own
 */

import { largestFirst } from "convscope/chain.js";
import { choice } from "convscope/choice.js";
import { element, head } from "convscope/dom.js";
import { percent } from "convscope/numbers.js";
import { mount } from "convscope/walk.js";
import { get, post, told } from "studio/api.js";
import { follow } from "studio/changes.js";
import { EditPanel } from "studio/edit_panel.js";
import { pictureChooser } from "studio/picture_chooser.js";
import { addressOf } from "studio/studio.js";
import { theme } from "studio/theme.js";

const MOST_CLASSES = 3;
const SETTLED = 1500; // milliseconds after which nobody seems to change anything more

/** The walk reads what follows the ? itself. */
export const followsOptions = true;

/**
 * @param {HTMLElement} root
 * @param {import("studio/studio.js").Place} place
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
  const go = (/** @type {string[]} */ ...path) => (location.hash = addressOf("walk", path));
  const chooser = await pictureChooser(model, (reference) => go(model, reference), picture === undefined);
  const names = Object.fromEntries(models.map((/** @type {any} */ one) => [one.id, one.name]));
  root.replaceChildren(
    element("h1", { class: "unseen" }, "Walk"),
    element(
      "div",
      { class: "row" },
      choice("model", model, names, (chosen) => go(chosen, ...(picture ? [picture] : []))),
      chooser.element,
    ),
  );
  if (picture === undefined) return chooser.end;
  const walked = new Walked(model, picture);
  root.append(walked.element);
  await walked.begin();
  return () => {
    chooser.end();
    walked.end();
  };
}

/** One picture's walk through one model, and what is changed in it. */
class Walked {
  /**
   * @param {string} model
   * @param {string} picture
   */
  constructor(model, picture) {
    this.id = model;
    this.model = `/api/models/${model}`;
    this.query = `picture=${encodeURIComponent(picture)}`;
    this.picture = picture;
    this.turn = 0;
    this.settling = 0;
    this.answer = element("div", { class: "changed-answer", "aria-live": "polite" });
    this.problem = element("div", {});
    this.page = element("div", { class: "mounted-walk" });
    this.element = element("div", { class: "walked" }, this.problem, this.page);
    /** @type {import("studio/edit_panel.js").EditList} */
    this.list = { edits: [], network: "", rectify: true };
    /** @type {[any, number[]]} */
    this.shown = [undefined, []];
  }

  async begin() {
    const [list, kernels, walk] = await Promise.all([
      get(`${this.model}/edits`),
      get("/api/kernels"),
      get(`${this.model}/walk?${this.query}`),
    ]);
    this.list = list;
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
      theme,
    });
    this.panel.element.append(this.answer);
    this.panel.element.open = list.edits.length > 0;
    this.element.prepend(this.panel.element);
    this.mounted = await mount(walk, this.page, {
      theme,
      shown: (step, place) => {
        this.shown = [step, place];
        this.follow();
      },
    });
    this.follow();
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
    if (this.mounted) this.panel?.follow(this.list, this.mounted.chain, ...this.shown);
  }

  /**
   * Changes the model; the answer stands first, then the steps, and the whole walk once nobody changes any more.
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
    this.problem.replaceChildren();
    this.panel?.forget();
    try {
      const list = await ask();
      if (turn !== this.turn) return;
      this.list = list;
      await this.drawAnswer(start);
      const walk = await get(`${this.model}/walk?${this.query}`);
      if (turn !== this.turn) return;
      await this.mounted?.change(walk);
      this.element.dataset.walked = String(Math.round(performance.now() - start));
      this.settle();
    } catch (error) {
      this.problem.replaceChildren(told(error));
      this.follow();
    }
  }

  /** Takes up what was changed elsewhere: in another tab, by another person. */
  async lookAgain() {
    await this.changing;
    const list = await get(`${this.model}/edits`).catch(() => this.list);
    if (JSON.stringify(list) === JSON.stringify(this.list)) return;
    if (this.panel) this.panel.element.open ||= list.edits.length > 0;
    await this.change(async () => list);
  }

  /** Asks for the whole walk, with what takes longer. */
  settle() {
    const turn = this.turn;
    if (!this.list.rectify) return;
    this.settling = setTimeout(async () => {
      try {
        const walk = await get(`${this.model}/walk?${this.query}&whole=true`);
        if (turn === this.turn) await this.mounted?.change(walk);
      } catch (error) {
        if (turn === this.turn) this.problem.replaceChildren(told(error));
      }
    }, SETTLED);
  }

  /** @param {number} start */
  async drawAnswer(start) {
    const { classes, before, after } = await get(`${this.model}/answer?${this.query}`);
    const [foremost, formerly] = [after, before].map((shares) => largestFirst(shares).slice(0, MOST_CLASSES));
    const leading = [...new Set([...foremost, ...formerly])];
    const milliseconds = Math.round(performance.now() - start);
    this.answer.replaceChildren(
      element(
        "table",
        { class: "figures" },
        head(["class", "before", "changed"]),
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
      element("p", { class: "quiet" }, `answered in ${milliseconds} ms`),
    );
    this.answer.dataset.milliseconds = String(milliseconds);
  }

  /** @param {string} name */
  async keep(name) {
    try {
      const kept = await post(`${this.model}/kept`, { name });
      location.hash = addressOf("walk", [kept.id, this.picture]);
    } catch (error) {
      this.problem.replaceChildren(told(error));
    }
  }
}
