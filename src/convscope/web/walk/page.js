/**
 * The page of a walk: reads the walk, draws the view that the address asks for, and keeps the address up to date.
 * It is a page of its own, or a part of another.
 *
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/kit/state.js").State} State
 * @typedef {import("convscope/kit/state.js").Place} Place
 * @typedef {import("convscope/walk/view.js").View} View
 * @typedef {import("convscope/walk/view.js").Context} Context
 *
 * @typedef {object} Host  the page that a walk is a part of
 * @property {() => import("convscope/kit/colours.js").Theme} theme
 * @property {(step: Step | undefined, place: Place, name: string) => void} shown  told of the number that is looked at
 *   from now on, and the name of its step or of the page
 * @property {() => string} noNeighbours  what to say where there are no training pictures
 * @property {() => string} absent  what to say where the walk holds nothing of what a page is for
 *
 * @typedef {object} Mounted  a walk in such a page
 * @property {Chain} chain
 * @property {(walk: any) => Promise<void>} change  draws another walk in its stead, at the same place if there is one
 * @property {() => void} end
 */

import { addressOf, centreCurrent, element, flat, link, refocus } from "convscope/kit/dom.js";
import { format, further, instead, parse } from "convscope/kit/state.js";
import { themeOf } from "convscope/kit/theme.js";
import { brightest, isInside, placeText, read, stepNamed } from "convscope/walk/chain.js";
import { frame } from "convscope/walk/frame.js";
import { header } from "convscope/walk/header.js";
import { EXTRAS, ribbon } from "convscope/walk/ribbon.js";
import { trail } from "convscope/walk/trail.js";
import { convolution } from "convscope/walk/views/convolution.js";
import { flattening } from "convscope/walk/views/flattening.js";
import { fullConnection } from "convscope/walk/views/full_connection.js";
import { image } from "convscope/walk/views/image.js";
import { invariance } from "convscope/walk/views/invariance.js";
import { loss } from "convscope/walk/views/loss.js";
import { overview } from "convscope/walk/views/overview.js";
import { pooling } from "convscope/walk/views/pooling.js";
import { relu } from "convscope/walk/views/relu.js";
import { softmax } from "convscope/walk/views/softmax.js";
import { why } from "convscope/walk/views/why.js";

/** @type {Record<string, (step: any, context: Context) => View>} */
const VIEWS = {
  image,
  convolution,
  relu,
  max_pooling: pooling,
  average_pooling: pooling,
  flattening,
  full_connection: fullConnection,
  softmax,
  loss,
};
/** @type {Record<string, (context: Context) => View>} */
const PAGES = { overview, why, invariance };
const SPEAK_AFTER = 300; // milliseconds of standing still

/**
 * @param {any} walk
 * @param {HTMLElement} root
 */
export async function open(walk, root) {
  const page = new Page(await read(walk), root);
  follow(page);
  page.render();
}

/**
 * @param {any} walk
 * @param {HTMLElement} root
 * @param {Host} host
 * @returns {Promise<Mounted>}
 */
export async function mount(walk, root, host) {
  const page = new Page(await read(walk), root, host);
  const leaving = new AbortController();
  follow(page, leaving.signal);
  page.render();
  return {
    get chain() {
      return page.chain;
    },
    async change(other) {
      page.chain = await read(other);
      page.render();
    },
    end: () => leaving.abort(),
  };
}

/**
 * Draws anew whenever the address, the window or the system's theme is another, and for paper.
 *
 * @param {Page} page
 * @param {AbortSignal} [signal]  ends it
 */
function follow(page, signal) {
  const render = () => page.render();
  addEventListener("hashchange", render, { signal });
  addEventListener("resize", render, { signal });
  addEventListener("beforeprint", () => page.print(true), { signal });
  addEventListener("afterprint", () => page.print(false), { signal });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render, { signal });
}

class Page {
  /**
   * @param {Chain} chain
   * @param {HTMLElement} root
   * @param {Host} [host]
   */
  constructor(chain, root, host) {
    this.chain = chain;
    this.host = host;
    this.top = element("div", { class: "walk-top" });
    this.main = host ? element("section", { "aria-label": "step" }) : element("main");
    this.trail = element("footer", { class: "trail", "aria-label": "trail" });
    this.speech = element("p", { class: "unseen", "aria-live": "polite", role: "status" });
    this.speechTimer = 0;
    this.isPrinting = false;
    /** The step whose view is shown. */
    this.asked = "";
    /** @type {View} */
    this.view = {};
    root.replaceChildren(this.top, this.main, this.trail, this.speech);
  }

  /**
   * Paper is light, whatever the screen is.
   *
   * @param {boolean} isPrinting
   */
  print(isPrinting) {
    this.isPrinting = isPrinting;
    this.render();
  }

  /** @param {State} state */
  theme(state) {
    return this.isPrinting ? "light" : (this.host?.theme() ?? themeOf(state));
  }

  /** Draws everything that the address asks for. */
  render() {
    const focused = document.activeElement?.getAttribute("aria-label");
    const state = parse(location.hash);
    const asked = state.trail.at(-1) ?? { step: "overview", place: [] };
    const step = stepNamed(this.chain, asked.step);
    const extra = step ? null : asked.step in PAGES ? asked.step : "overview";
    const theme = this.theme(state);
    if (!this.host) document.documentElement.dataset.theme = theme;
    this.top.replaceChildren(
      header(this.chain, state, theme, !this.host),
      ribbon(this.chain, state, theme, step?.name ?? extra ?? ""),
    );
    centreCurrent(this.top.querySelector(".ribbon"));
    if (step) this.renderStep(state, step, asked.place);
    else this.renderExtra(state, extra ?? "overview");
    if (asked.step !== this.asked) this.toBegin();
    this.asked = asked.step;
    if (focused) refocus(this.main, focused);
    this.host?.shown(step, this.pinned ?? [], step?.name ?? extra ?? "");
  }

  /** Another step is read from its beginning, below the ribbon, which stays where there is room for it. */
  toBegin() {
    const ribbon = this.top.lastElementChild?.getBoundingClientRect();
    const above = this.main.getBoundingClientRect().top - (ribbon?.height ?? 0);
    if (above < 0) scrollBy(0, above);
  }

  /**
   * @param {State} state
   * @param {Step} step
   * @param {Place} asked
   */
  renderStep(state, step, asked) {
    const place = isInside(step, asked) ? asked : brightest(this.chain, step);
    this.pinned = place;
    this.step = step;
    this.state = instead(state, { step: step.name, place });
    const outer = frame(step.title, step.kind);
    this.main.replaceChildren(outer.element);
    const context = this.context(place, {
      input: inner(outer.panes.input),
      middle: inner(outer.panes.middle),
      output: inner(outer.panes.output),
      below: outer.below.clientWidth,
    });
    this.view = VIEWS[step.kind](step, context);
    for (const pane of /** @type {const} */ (["input", "middle", "output"])) {
      outer.panes[pane].append(...flat(this.view[pane] ?? []));
    }
    outer.below.append(...flat(this.view.below ?? []), this.steps(step));
    outer.notes.append(...this.notes(step));
    this.trail.hidden = false;
    this.show(place);
  }

  /**
   * @param {State} state
   * @param {string} name
   */
  renderExtra(state, name) {
    this.step = undefined;
    this.pinned = undefined;
    this.state = state;
    const outer = frame(EXTRAS[/** @type {keyof typeof EXTRAS} */ (name)], name);
    this.main.replaceChildren(outer.element);
    outer.three.remove();
    const room = outer.below.clientWidth;
    this.view = PAGES[name](this.context([], { input: room, middle: room, output: room, below: room }));
    outer.below.append(...flat(this.view.below ?? []));
    this.trail.hidden = true;
  }

  /**
   * @param {Place} place
   * @param {Context["room"]} room
   * @returns {Context}
   */
  context(place, room) {
    const state = this.state ?? { trail: [], options: {} };
    return {
      chain: this.chain,
      state,
      theme: this.theme(state),
      place,
      room,
      point: (at) => this.show(at),
      leave: () => this.pinned && this.show(this.pinned),
      pick: (at) => this.pick(at),
      back: (stop) => this.go(further(this.state ?? state, stop)),
      backTo: (...stops) => format(further(this.state ?? state, ...stops)),
      set: (name, value) => this.setOption(name, value),
      absent: this.host?.absent() ?? "This was not computed for this walk.",
      noNeighbours: this.host?.noNeighbours() ?? "No training pictures were given to this walk.",
    };
  }

  /**
   * Shows a number; where the address does not change with it, it is only looked at.
   *
   * @param {Place} place
   */
  show(place) {
    this.view.show?.(place);
    if (!this.step || !this.state) return;
    this.trail.replaceChildren(
      ...flat(trail(this.chain, this.state, this.theme(this.state), this.step, place)),
    );
    clearTimeout(this.speechTimer);
    this.speechTimer = setTimeout(() => this.speak(place), SPEAK_AFTER);
  }

  /** @param {Place} place */
  speak(place) {
    if (!this.step || !this.view.spoken) return;
    this.speech.textContent = `${placeText(this.chain, this.step, place)}: ${this.view.spoken(place)}`;
  }

  /** @param {Place} place */
  pick(place) {
    if (!this.step || !this.state || !this.pinned) return;
    const sameMap = place.length < 3 || place[0] === this.pinned[0];
    this.pinned = place;
    this.state = instead(this.state, { step: this.step.name, place });
    history.replaceState(null, "", addressOf(format(this.state)));
    if (!sameMap) return this.render();
    this.show(place);
    this.host?.shown(this.step, place, this.step.name);
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  setOption(name, value) {
    const state = this.state ?? parse(location.hash);
    const options = Object.fromEntries(
      Object.entries({ ...state.options, [name]: value }).filter(([, one]) => one !== ""),
    );
    this.state = { ...state, options };
    history.replaceState(null, "", addressOf(format(this.state)));
    this.render();
  }

  /** @param {State} state */
  go(state) {
    location.href = addressOf(format(state));
  }

  /** @param {Step} step */
  steps(step) {
    const { steps } = this.chain;
    const index = steps.indexOf(step);
    const to = (/** @type {Step | undefined} */ other, /** @type {string} */ text) =>
      other &&
      link(
        format({ trail: [{ step: other.name, place: [] }], options: this.state?.options ?? {} }),
        text.replace("…", other.title),
      );
    return element(
      "p",
      { class: "steps" },
      to(steps[index - 1], "← …") ?? "",
      to(steps[index + 1], "… →") ?? "",
    );
  }

  /** @param {Step} step */
  notes(step) {
    return this.chain.notes
      .filter((note) => note.step === step.name)
      .map(({ text, cell }) =>
        element(
          "p",
          { class: "note" },
          text,
          cell && " ",
          cell &&
            link(format(instead(this.state ?? parse(""), { step: step.name, place: cell })), "Show it."),
        ),
      );
  }
}

/**
 * The room inside an element's padding.
 *
 * @param {HTMLElement} box
 */
function inner(box) {
  const { paddingLeft, paddingRight } = getComputedStyle(box);
  return box.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
}
