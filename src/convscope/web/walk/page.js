/**
 * The walk page: read the walk, draw the view given by the address, and keep the address up to date. It is
 * either a standalone page or embedded in another one.
 *
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/kit/address.js").State} State
 * @typedef {import("convscope/kit/address.js").Place} Place
 * @typedef {import("convscope/walk/view.js").View} View
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/backward/source.js").Source} Source
 *
 * @typedef {object} Host  the page that embeds the walk
 * @property {(step: Step | undefined, place: Place, name: string) => void} shown  called when another number
 *   is selected, with the name of its step or page
 * @property {() => string} noNeighbours  the message shown if there are no training pictures
 * @property {() => string} absent  the message shown if the walk lacks the data of a page
 * @property {(chain: Chain) => Source} gradients  source of the gradients
 *
 * @typedef {object} Mounted  an embedded walk
 * @property {Chain} chain
 * @property {(walk: any) => Promise<void>} change  replaces the walk, keeping the position if it still exists
 * @property {() => void} redraw  redraws, for example after a change of size
 * @property {() => void} end
 */

import { centreCurrent, element, flat, link } from "convscope/kit/dom.js";
import { format, further, instead, parse, whole } from "convscope/kit/address.js";
import { count, sizeText } from "convscope/kit/numbers.js";
import { hold } from "convscope/kit/redraw.js";
import { applyTheme, followTheme, theme } from "convscope/kit/theme.js";
import { renderBack } from "convscope/walk/backward/render.js";
import { Kept, documentSource } from "convscope/walk/backward/source.js";
import { waySwitch, wayOf } from "convscope/walk/backward/switch.js";
import { brightest, isInside, placeText, stepNamed } from "convscope/walk/chain.js";
import { frame } from "convscope/walk/frame.js";
import { header } from "convscope/walk/header.js";
import { EXTRAS, KINDS } from "convscope/walk/kinds.js";
import { isReady, makeReady, read } from "convscope/walk/reading.js";
import { ribbon } from "convscope/walk/ribbon.js";
import { trail } from "convscope/walk/trail.js";

const SPEAK_AFTER = 300; // milliseconds without a change before the screen reader announces a number

/**
 * @param {any} walk
 * @param {HTMLElement} root
 */
export async function open(walk, root) {
  const page = new Page(await read(walk, KINDS), root);
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
  const page = new Page(await read(walk, KINDS), root, host);
  const leaving = new AbortController();
  follow(page, leaving.signal);
  page.render();
  return {
    get chain() {
      return page.chain;
    },
    async change(other) {
      page.take(await read(other, KINDS));
      page.render();
    },
    redraw: () => page.render(),
    end: () => leaving.abort(),
  };
}

/**
 * Render whenever the address, the window size or the system theme changes, and before and after printing.
 *
 * @param {Page} page
 * @param {AbortSignal} [signal]  removes the event listeners
 */
function follow(page, signal) {
  const render = () => page.render();
  addEventListener("hashchange", render, { signal });
  addEventListener("resize", render, { signal });
  followTheme(render, signal);
}

/**
 * Return the facts about a step: notation, shapes, number of parameters.
 *
 * @param {Step} step
 */
function factsOf({ notation, sources, shape, parameters }) {
  const sizes = [...sources.map((source) => sizeText(source.shape)), sizeText(shape)];
  const facts = [
    notation,
    [...new Set(sizes)].join(" → "),
    parameters > 0 && `${count(parameters)} parameters`,
  ];
  return facts.filter(Boolean).join(" · ");
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
    /** @type {Kept | null} */
    this.gradients = null;
    this.take(chain);
    this.top = element("div", { class: "walk-top" });
    this.main = host ? element("section", { "aria-label": "step" }) : element("main");
    this.trail = element("section", { class: "trail", "aria-label": "trail" });
    this.speech = element("p", { class: "unseen", "aria-live": "polite", role: "status" });
    this.speechTimer = 0;
    /** Name of the step or page shown. */
    this.asked = "";
    /** @type {View} */
    this.view = {};
    this.root = root;
    root.replaceChildren(this.top, this.main, this.speech);
  }

  /** @param {Chain} chain */
  take(chain) {
    this.chain = chain;
    const source = this.host?.gradients(chain) ?? documentSource(chain);
    if (source !== this.gradients?.source) this.gradients = source && new Kept(source);
  }

  /** Render the view given by the address, once its data has been loaded. */
  render() {
    const state = parse(location.hash);
    const asked = state.trail.at(-1) ?? { step: "overview", place: [] };
    const step = stepNamed(this.chain, asked.step);
    if (step && !isReady(step)) {
      makeReady(step).then(() => this.render());
      return;
    }
    const way = wayOf(state, this.gradients?.source ?? null);
    const restore = hold(this.root);
    const extra = step ? null : Object.hasOwn(EXTRAS, asked.step) ? asked.step : "overview";
    const theme = applyTheme();
    this.state = state;
    this.top.replaceChildren(
      header(this.chain, this.host ? null : () => this.render()),
      ribbon(this.chain, state, theme, step?.name ?? extra ?? ""),
    );
    if (step && this.gradients) {
      const made = waySwitch(this.chain, this.gradients.source, way, (name, value) =>
        this.setOption(name, value),
      );
      this.top.querySelector(".help")?.before(made);
    }
    centreCurrent(this.top.querySelector(".ribbon"));
    if (step && way.isBack && this.gradients) renderBack(this, this.gradients, step, asked.place, way.truth);
    else if (step) this.renderStep(state, step, asked.place);
    else this.renderExtra(state, extra ?? "overview");
    if (asked.step !== this.asked) this.toBegin();
    this.asked = asked.step;
    restore(this.root);
    this.host?.shown(step, this.pinned ?? [], step?.name ?? extra ?? "");
  }

  /** Scroll a newly opened step to its top, below the ribbon. */
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
    const outer = frame(step.title, factsOf(step), KINDS[step.kind].text);
    this.main.replaceChildren(outer.element);
    this.view = KINDS[step.kind].view(step, this.context(place, outer.room()));
    outer.fill(this.view);
    outer.where.append(this.trail, this.steps(step));
    outer.notes.append(...this.notes(step));
    this.show(place);
  }

  /** @param {Place} place */
  jump(place) {
    this.state = instead(this.state ?? parse(""), { step: this.step?.name ?? "", place });
    history.replaceState(null, "", whole(format(this.state)));
    this.render();
  }

  /**
   * @param {State} state
   * @param {string} name
   */
  renderExtra(state, name) {
    this.step = undefined;
    this.pinned = undefined;
    this.state = state;
    const outer = frame(EXTRAS[name].title, "", EXTRAS[name].text);
    this.main.replaceChildren(outer.element);
    outer.three.remove();
    outer.where.remove();
    const room = outer.below.clientWidth;
    this.view = EXTRAS[name].view(this.context([], { input: room, middle: room, output: room, below: room }));
    outer.below.append(...flat(this.view.below ?? []));
  }

  /**
   * @param {Place} place
   * @param {Context["room"]} room
   * @returns {Context}
   */
  context(place, room) {
    const state = this.state ?? parse("");
    return {
      chain: this.chain,
      state,
      theme: theme(),
      place,
      room,
      point: (at) => this.show(at),
      leave: () => this.pinned && this.show(this.pinned),
      pick: (at) => this.pick(at),
      back: (stop) => this.go(further(this.state ?? state, stop)),
      backTo: (...stops) => format(further(this.state ?? state, ...stops)),
      set: (name, value) => this.setOption(name, value),
      absent: this.host?.absent() ?? "This walk does not include it.",
      noNeighbours:
        this.host?.noNeighbours() ??
        "This walk was made without the training pictures; with --data, it shows them.",
    };
  }

  /**
   * Show a number without selecting it; the address stays the same.
   *
   * @param {Place} place
   */
  show(place) {
    this.view.show?.(place);
    if (!this.step || !this.state) return;
    this.trail.replaceChildren(...flat(trail(this.chain, this.state, theme(), this.step, place)));
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
    history.replaceState(null, "", whole(format(this.state)));
    if (!sameMap) return this.render();
    this.show(place);
    this.host?.shown(this.step, place, this.step.name);
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  setOption(name, value) {
    this.keepOption(name, value);
    this.render();
  }

  /**
   * Set an option in the address without redrawing.
   *
   * @param {string} name
   * @param {string} value
   */
  keepOption(name, value) {
    const state = this.state ?? parse(location.hash);
    this.state = { ...state, options: { ...state.options, [name]: value } };
    history.replaceState(null, "", whole(format(this.state)));
  }

  /** @param {State} state */
  go(state) {
    location.href = whole(format(state));
  }

  /** @param {Step} step */
  steps(step) {
    const { steps } = this.chain;
    const index = steps.indexOf(step);
    const to = (/** @type {Step | undefined} */ other, /** @type {string} */ text) =>
      other &&
      link(
        format({ ...parse(location.hash), trail: [{ step: other.name, place: [] }] }),
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
