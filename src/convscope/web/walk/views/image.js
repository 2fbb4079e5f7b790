/** Image: the original picture, the picture as the network receives it, and the values of any pixel. */

import { range } from "convscope/kit/arrays.js";
import { board } from "convscope/kit/board.js";
import { element, head } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { cellSize, pixelPaint } from "convscope/kit/maps.js";
import { number } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { mapName, valueAt } from "convscope/walk/chain.js";
import { outputMaps } from "convscope/walk/output_maps.js";
import { painting } from "convscope/walk/painting.js";

/**
 * @typedef {import("convscope/walk/chain.js").ImageStep} ImageStep
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

/** @type {import("convscope/walk/view.js").Kind} */
export const image = {
  short: "image",
  text: {
    does: "To a network, a picture is a grid of numbers: one for each pixel and channel, shifted and scaled so that they centre on 0.",
    attempt: "Point at a dark pixel and at a bright one, and compare their numbers.",
    more: [
      "A grey picture has one channel; a colour picture has three: red, green and blue. Each value runs from 0 to 255.",
      "Every picture is resized to the same height and width, because the last layers need the same number of inputs each time.",
      "Subtracting the mean of the training pictures and dividing by their standard deviation puts all channels on one scale, which makes training steadier.",
    ],
  },
  view: draw,
  mapNames: ({ shape }) => (shape[0] === 3 ? ["red", "green", "blue"] : ["grey"]),
};

/**
 * @param {ImageStep} step
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(step, context) {
  const [channels, height, width] = step.shape;
  const pixels = board(
    {
      height,
      width,
      cell: cellSize(width, height, context.room.middle, 300),
      paint: pixelPaint(step.pixels),
    },
    context.theme,
    {
      label: `the picture as the network sees it, ${height} × ${width} pixels`,
      text: (index) => (channels === 1 ? String(step.pixels.data[index]) : ""),
      listener: {
        point: (row, column) => context.point([context.place[0], row, column]),
        leave: () => context.leave(),
        pick: (row, column) => context.pick([context.place[0], row, column]),
      },
    },
  );
  const output = outputMaps(step, context);
  const numbers = element("div", { class: "stack" });
  return {
    input: [original(step), changes(step)],
    middle: [
      element("h3", {}, `As the network sees it, ${height} × ${width} pixels`),
      pixels.element,
      numbers,
      channelPictures(step, context),
    ],
    output: output.nodes,
    show([, row, column]) {
      pixels.outline("input", { top: row, left: column, height: 1, width: 1 });
      output.show(row, column);
      numbers.replaceChildren(arithmetic(step, row, column));
    },
    spoken: (place) => {
      const [channel] = place;
      const pixel = valueAt({ ...step, output: step.pixels }, place);
      return `${mapName(step, channel)} ${pixel} minus ${three(step.mean[channel])}, divided by ${three(step.std[channel])}, is ${three(valueAt(step, place))}`;
    },
  };
}

/** @param {ImageStep} step */
function original({ original, original_shape: [height, width] }) {
  return element(
    "figure",
    { class: "seen" },
    element("img", { src: original, alt: "the original picture", class: "original" }),
    element("figcaption", {}, `original, ${height} × ${width} pixels`),
  );
}

/** @param {ImageStep} step */
function changes({ changes }) {
  return element(
    "div",
    { class: "stack" },
    element("h3", {}, "How it was prepared"),
    element(
      "ol",
      { class: "changes" },
      changes.map(({ text }) => element("li", {}, text)),
    ),
  );
}

/**
 * @param {ImageStep} step
 * @param {number} row
 * @param {number} column
 */
function arithmetic(step, row, column) {
  return element(
    "table",
    { class: "figures" },
    element("caption", {}, `pixel (${row}, ${column}): (value − mean) / standard deviation`),
    head(["channel", "value", "mean", "std. dev.", "result"]),
    element(
      "tbody",
      {},
      range(step.shape[0]).map((channel) => {
        const place = [channel, row, column];
        return element(
          "tr",
          {},
          element("th", { scope: "row" }, mapName(step, channel)),
          element("td", {}, number(valueAt({ ...step, output: step.pixels }, place))),
          element("td", {}, number(step.mean[channel])),
          element("td", {}, number(step.std[channel])),
          element("td", { class: "output" }, number(valueAt(step, place))),
        );
      }),
    ),
  );
}

/**
 * @param {ImageStep} step
 * @param {Context} context
 */
function channelPictures(step, context) {
  const [channels, height, width] = step.shape;
  if (channels === 1) return null;
  const all = gallery(
    {
      maps: range(channels),
      height,
      width,
      side: 96,
      paint: (channel) => painting(step, channel, context).paint,
      label: (channel) => `${mapName(step, channel)} channel`,
      caption: (channel) => mapName(step, channel),
      onChoose: (channel) => context.pick([channel, ...context.place.slice(1)]),
    },
    context.theme,
  );
  all.choose(context.place[0]);
  return all.element;
}
