/**
 * How the network learned: its first filters and the maps of any step of one picture, epoch by epoch.
 *
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/studio/answers.js").Snapshot} Snapshot
 */

import { largestFirst, mapOf, range, unpackAll } from "convscope/kit/arrays.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { legend } from "convscope/kit/legend.js";
import { cellSize, mapCanvas, pixelPaint, rem, signedPaint } from "convscope/kit/maps.js";
import { percent } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { addressOf } from "convscope/studio/place.js";
import { theme } from "convscope/kit/theme.js";

const MOST_CLASSES = 3;

/** @param {string} address  of the run */
export function epochs(address) {
  /** @type {number[]} */
  let kept = [];
  let turn = 0;
  const scrubber = element("input", { type: "range", min: 0, max: 0, value: 0, input: () => show() });
  const place = element("input", { type: "number", min: 0, value: 0, change: () => show() });
  const epoch = element("output", {});
  const steps = element("select", { change: () => show() });
  const shown = element("div", { class: "stack" });
  const trouble = element("div", {});
  const walk = element(
    "button",
    {
      type: "button",
      title: "Saves this epoch's network as a model of its own, and opens its walk.",
      async click() {
        try {
          const model = await post(`${address}/epochs/${kept[Number(scrubber.value)]}/kept`);
          location.hash = addressOf("walk", [model.id]);
        } catch (error) {
          trouble.replaceChildren(problemBox(error));
        }
      },
    },
    "Walk through this epoch",
  );
  const root = element(
    "section",
    { class: "stack", "aria-label": "how the network learned", hidden: true },
    element("h2", {}, "How the network learned"),
    element(
      "div",
      { class: "fields" },
      element("label", {}, "After epoch ", scrubber, " ", epoch),
      element("label", {}, "Picture ", place),
      element("label", {}, "Maps of ", steps),
      walk,
    ),
    trouble,
    shown,
  );

  async function show() {
    const mine = ++turn;
    const chosen = kept[Number(scrubber.value)];
    epoch.textContent = String(chosen);
    scrubber.setAttribute("aria-valuetext", `epoch ${chosen}`);
    try {
      const query = new URLSearchParams({ place: String(Number(place.value)), step: steps.value });
      /** @type {Snapshot} */
      const snapshot = await unpackAll(await get(`${address}/epochs/${chosen}?${query}`));
      if (mine !== turn) return;
      if (!steps.options.length)
        steps.append(
          ...snapshot.steps.map((step) => new Option(titleOf(step), step, false, step === snapshot.step)),
        );
      shown.replaceChildren(...drawn(snapshot));
    } catch (error) {
      if (mine === turn) shown.replaceChildren(problemBox(error));
    }
  }

  return {
    element: root,
    /** Looks for newer ones; who looks at the newest goes along. */
    async refresh() {
      const before = kept.length;
      const follows = Number(scrubber.value) === Math.max(0, before - 1);
      kept = (await get(`${address}/epochs`)).epochs;
      if (kept.length === before) return;
      scrubber.max = String(kept.length - 1);
      if (!follows) return;
      scrubber.value = scrubber.max;
      await show();
      root.hidden = false;
    },
  };
}

/** @param {Snapshot} snapshot */
function drawn({ classes, probabilities, label, pixels, filters, steps, step, maps }) {
  const answers = largestFirst(probabilities).slice(0, MOST_CLASSES);
  const [, height, width] = pixels.shape;
  const answer = element(
    "p",
    {},
    "Prediction: ",
    answers.map((index, place) => [
      place ? ", " : "",
      element("strong", {}, classes[index]),
      ` ${percent(probabilities[index])}`,
    ]),
    "; the picture is labelled ",
    element("strong", {}, label),
    ".",
  );
  const picture = figure("the picture", [canvas(height, width, pixelPaint(pixels), 6)]);
  if (!maps) return [answer, picture];
  const limit = limitOf(maps.data);
  const first = step === steps[0] ? filters : null;
  const figures = range(maps.shape[0]).map((index) =>
    figure(first ? `filter ${index}` : `map ${index}`, [
      ...(first ? channels(first, index) : []),
      canvas(maps.shape[1], maps.shape[2], signedPaint(mapOf(maps, index), limit, theme()), 6),
    ]),
  );
  return [answer, element("div", { class: "first-filters" }, picture, figures), legend(limit, theme())];
}

/** @param {string} step */
function titleOf(step) {
  const [name, after] = step.split(".");
  return `${name.replaceAll("_", " ")}${after ? " after ReLU" : ""}`;
}

/**
 * One filter, a small map for each channel.
 *
 * @param {Tensor} filters
 * @param {number} filter
 */
function channels({ shape: [, count, height, width], data }, filter) {
  const limit = limitOf(data);
  return range(count).map((channel) => {
    const start = (filter * count + channel) * height * width;
    const values = Array.from({ length: height * width }, (_, place) => data[start + place]);
    return canvas(height, width, signedPaint(values, limit, theme()), 2);
  });
}

/**
 * @param {number} height
 * @param {number} width
 * @param {import("convscope/kit/maps.js").Paint} paint
 * @param {number} side  times the text's size
 */
function canvas(height, width, paint, side) {
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
