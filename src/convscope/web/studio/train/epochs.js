/**
 * How the network learns: the filters of a step, its maps for one picture, and the prediction, epoch by epoch
 * from the untrained network on.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/studio/answers.js").Snapshot} Snapshot
 */

import { largestFirst, mapOf, range, unpackAll } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { legend } from "convscope/kit/legend.js";
import { cellSize, mapCanvas, pixelPaint, rem, signedPaint } from "convscope/kit/maps.js";
import { problemBox } from "convscope/kit/problem.js";
import { theme } from "convscope/kit/theme.js";
import { get, post } from "convscope/studio/api.js";
import { addressOf } from "convscope/studio/place.js";
import { filterPicture } from "convscope/walk/filter_picture.js";

const MOST_CLASSES = 12; // in class order, so that each bar stays in place; if more, the most probable
const MOST_FIGURES = 64;
const PLAY = "▶ Play";
const BETWEEN = 500; // milliseconds per epoch

/** Create the display. @param {string} address  URL of the run */
export function epochs(address) {
  /** @type {number[]} */
  let kept = [];
  let turn = 0;
  let timer = 0;
  /** @type {Map<string, Promise<Snapshot>>} */
  const asked = new Map();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const scrubber = element("input", {
    type: "range",
    min: 0,
    max: 0,
    value: 0,
    input() {
      stop();
      show();
    },
  });
  const place = element("input", { type: "number", min: 0, value: 0, change: () => show() });
  const epoch = element("output", {});
  const steps = element("select", { change: () => show() });
  const play = element(
    "button",
    { type: "button", disabled: still, click: () => (timer ? stop() : start()) },
    PLAY,
  );
  const shown = element("div", { class: "stack" });
  const trouble = element("div", {});
  const root = element(
    "section",
    { class: "stack learning", "aria-label": "how the network learned" },
    element("h2", {}, "How the network learned"),
    element(
      "div",
      { class: "fields" },
      play,
      element("label", {}, "After epoch ", scrubber, " ", epoch),
      element("label", {}, "Picture ", place),
      element("label", {}, "Maps of ", steps),
      walkButton(() => `${address}/epochs/${kept[Number(scrubber.value)]}/kept`, trouble),
    ),
    trouble,
    shown,
  );
  root.hidden = true;

  function start() {
    if (Number(scrubber.value) === kept.length - 1) scrubber.value = "0";
    play.textContent = "❚❚ Pause";
    timer = setTimeout(next, 0);
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    play.textContent = PLAY;
  }

  /** Show an epoch, and schedule the next one. Playback stops at the newest epoch. */
  async function next() {
    await show();
    if (!timer || !play.isConnected) return stop();
    if (Number(scrubber.value) >= kept.length - 1) return stop();
    timer = setTimeout(() => {
      scrubber.value = String(Number(scrubber.value) + 1);
      next();
    }, BETWEEN);
  }

  async function show() {
    const mine = ++turn;
    const chosen = kept[Number(scrubber.value)];
    epoch.textContent = chosen === 0 ? "0: untrained" : String(chosen);
    scrubber.setAttribute("aria-valuetext", chosen === 0 ? "untrained" : `epoch ${chosen}`);
    const query = new URLSearchParams({ place: String(Number(place.value)), step: steps.value });
    const key = `${chosen}?${query}`;
    if (!asked.has(key)) asked.set(key, get(`${address}/epochs/${key}`).then(unpackAll));
    try {
      const snapshot = await /** @type {Promise<Snapshot>} */ (asked.get(key));
      if (mine !== turn) return;
      if (!steps.options.length)
        steps.append(
          ...snapshot.steps.map((step) => new Option(titleOf(step), step, false, step === snapshot.step)),
        );
      shown.replaceChildren(...drawn(snapshot));
    } catch (error) {
      asked.delete(key);
      if (mine === turn) shown.replaceChildren(problemBox(error));
    }
  }

  return {
    element: root,
    /** Load newer epochs. If the newest was selected, select the new one. */
    async refresh() {
      const before = kept.length;
      const follows = Number(scrubber.value) === Math.max(0, before - 1) && !timer;
      kept = (await get(`${address}/epochs`)).epochs;
      if (kept.length === before) return;
      scrubber.max = String(kept.length - 1);
      play.disabled = still || kept.length < 2;
      if (!follows) return;
      scrubber.value = scrubber.max;
      await show();
      root.hidden = false;
    },
  };
}

/**
 * Create the button that opens the walk of an epoch.
 *
 * @param {() => string} address  returns the URL that stores the network of the epoch
 * @param {HTMLElement} trouble
 */
function walkButton(address, trouble) {
  return element(
    "button",
    {
      type: "button",
      title: "Saves this epoch's network as a model and opens its walk.",
      async click() {
        try {
          const model = await post(address());
          location.hash = addressOf("walk", [model.id]);
        } catch (error) {
          trouble.replaceChildren(problemBox(error));
        }
      },
    },
    "Walk through this epoch",
  );
}

/** @param {Snapshot} snapshot */
function drawn({ classes, probabilities, label, pixels, filters, computed, step, maps }) {
  const answers =
    classes.length <= MOST_CLASSES
      ? range(classes.length)
      : largestFirst(probabilities).slice(0, MOST_CLASSES);
  const [, height, width] = pixels.shape;
  const answer = element(
    "div",
    { class: "learning-answer" },
    figure(`The picture: ${label}`, [canvas({ height, width, paint: pixelPaint(pixels) }, 6)]),
    bars(
      answers.map((index) => ({ label: classes[index], value: probabilities[index] })),
      {
        caption: "The network's answer",
        chosen: answers.findIndex((index) => classes[index] === label),
        shares: true,
      },
    ),
  );
  if (!maps) return [answer];
  const [count, rows, columns] = maps.shape;
  const limit = limitOf(maps.data);
  const weight = filters && limitOf(filters.data);
  const figures = range(Math.min(count, MOST_FIGURES)).map((index) =>
    figure(filters && index < filters.shape[0] ? `filter ${index}` : `map ${index}`, [
      ...(filters && weight !== null && index < filters.shape[0]
        ? [canvas(filterPicture(filters, index, weight, theme()), 6)]
        : []),
      canvas({ height: rows, width: columns, paint: signedPaint(mapOf(maps, index), limit, theme()) }, 6),
    ]),
  );
  const isComputed = computed !== null && step?.split(".")[0] === computed;
  return [
    answer,
    isComputed &&
      element(
        "p",
        { class: "note" },
        "These filters do not change: they were computed from the pictures before training (whitening). The filters of the next convolution are trained.",
      ),
    computed !== null &&
      !isComputed &&
      element(
        "p",
        { class: "quiet" },
        `The filters of ${titleOf(computed)} were computed from the pictures before training (whitening), so they never change. All later ones are trained.`,
      ),
    element("div", { class: "first-filters" }, figures),
    count > MOST_FIGURES && element("p", { class: "quiet" }, `The first ${MOST_FIGURES} of ${count} maps.`),
    legend(limit, theme()),
  ].filter((one) => one !== false);
}

/** @param {string} step */
function titleOf(step) {
  const [name, after] = step.split(".");
  return `${name.replaceAll("_", " ")}${after ? " after ReLU" : ""}`;
}

/**
 * Draw a picture on a canvas.
 *
 * @param {{height: number, width: number, paint: import("convscope/kit/maps.js").Paint}} picture
 * @param {number} side  in rem
 */
function canvas({ height, width, paint }, side) {
  return mapCanvas({ height, width, cell: cellSize(width, height, rem(side), rem(side)), paint }, theme());
}

/**
 * @param {string} caption
 * @param {HTMLElement[]} drawings
 */
function figure(caption, drawings) {
  return element(
    "figure",
    {},
    element("figcaption", {}, caption),
    element("div", { class: "drawings" }, drawings),
  );
}
