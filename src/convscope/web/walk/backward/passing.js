/**
 * The backward pass through steps without weights, which only decide which gradients pass and where they go.
 *
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/view.js").View} View
 * @typedef {import("convscope/kit/address.js").Place} Place
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/chain.js").PoolingStep} PoolingStep
 */

import { element } from "convscope/kit/dom.js";
import { number, resultNumber } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { windowOf } from "convscope/kit/receptive.js";
import { hasMaps, mapName, stepBefore } from "convscope/walk/chain.js";
import { arrivingMaps, cellText, valueOf } from "convscope/walk/backward/arriving.js";
import { gradientMaps, strongest } from "convscope/walk/backward/gradient_maps.js";
import { inputCell } from "convscope/walk/backward/input_cell.js";
import { termTable } from "convscope/walk/backward/terms.js";
import { gradientVector } from "convscope/walk/backward/vectors.js";

/** @typedef {import("convscope/kit/arrays.js").Tensor} Tensor */

/**
 * Show an elementwise step: ReLU or ReLU6.
 *
 * @param {Step} step
 * @param {Back} back
 * @returns {View}
 */
export function elementwise(step, back) {
  const before = stepBefore(step);
  const top = step.kind === "relu6" ? 6 : Infinity;
  const explain = (/** @type {Place} */ place) => {
    const at = valueOf(before.output, place);
    const arriving = valueOf(back.own.at_output, place);
    const passes = at > 0 && at < top;
    return [
      element("p", { class: "equation" }, "input ", number(at), passes ? " > 0" : at <= 0 ? " ≤ 0" : " ≥ 6"),
      element(
        "p",
        { class: "equation" },
        number(arriving),
        ` × ${passes ? 1 : 0} = `,
        resultNumber(passes ? arriving : 0),
      ),
      element(
        "p",
        passes ? {} : { class: "nothing" },
        passes
          ? "The number passed unchanged, and so does its gradient."
          : at <= 0
            ? "It was set to 0: a small change to it has no effect, so nothing passes back."
            : "It was capped at 6: a small change to it has no effect, so nothing passes back.",
      ),
    ];
  };
  return hasMaps(step) ? sameMap(step, back, explain) : columns(step, back, explain);
}

/**
 * @param {PoolingStep} step
 * @param {Back} back
 * @returns {View}
 */
export function pooling(step, back) {
  return sameMap(step, back, (place) => {
    const found = step.winners ? wins(step, back, place) : shares(step, back, place);
    const held = valueOf(back.own.at_inputs[0], place);
    if (step.winners && found.terms.length === 0) {
      return [
        element(
          "p",
          { class: "nothing" },
          "This cell is not the largest of any window: nothing passes back to it.",
        ),
      ];
    }
    return [
      element(
        "p",
        {},
        step.winners
          ? "The largest of its window: it gets the whole gradient of that window."
          : "It is one of the cells that were averaged: it gets its share of the gradient.",
      ),
      termTable(found.terms, { from: "window", other: step.winners ? "won" : "share", held }),
    ];
  });
}

/**
 * List the max pooling windows in which a cell is the maximum.
 *
 * @param {PoolingStep} step
 * @param {Back} back
 * @param {Place} place
 */
function wins(step, back, place) {
  const won = windowsOver(step, place).filter(({ at, down, across }) => {
    const winner = valueOf(/** @type {Tensor} */ (step.winners), at);
    return winner === down * step.window[1] + across;
  });
  return {
    terms: won.map(({ at }) => ({ from: cellText(at), gradient: valueOf(back.own.at_output, at), other: 1 })),
  };
}

/**
 * List the average pooling windows that contain a cell, with the cell's share of each.
 *
 * @param {PoolingStep} step
 * @param {Back} back
 * @param {Place} place
 */
function shares(step, back, place) {
  const [, height, width] = stepBefore(step).shape;
  const terms = windowsOver(step, place).map(({ at }) => {
    const { top, left } = windowOf({ ...step, padding: [0, 0] }, at[1], at[2]);
    const rows = Math.min(step.window[0], height - top);
    const columns = Math.min(step.window[1], width - left);
    return { from: cellText(at), gradient: valueOf(back.own.at_output, at), other: 1 / (rows * columns) };
  });
  return { terms };
}

/**
 * Return the windows that contain a cell, with its position in each.
 *
 * @param {PoolingStep} step
 * @param {Place} place
 */
function windowsOver({ window, stride, shape }, [map, row, column]) {
  const found = [];
  for (let y = 0; y < shape[1]; y++) {
    const down = row - y * stride[0];
    if (down < 0 || down >= window[0]) continue;
    for (let x = 0; x < shape[2]; x++) {
      const across = column - x * stride[1];
      if (across >= 0 && across < window[1]) found.push({ at: [map, y, x], down, across });
    }
  }
  return found;
}

/**
 * Show a step that computes each output map from the input map with the same index.
 *
 * @param {Step} step
 * @param {Back} back
 * @param {(place: Place) => import("convscope/kit/dom.js").Leaf[]} explain  explains the gradient at an input
 *   cell
 * @returns {View}
 */
function sameMap(step, back, explain) {
  const { context, own } = back;
  const before = stepBefore(step);
  const arriving = arrivingMaps(step, back);
  const text = element("div", { class: "stack" });
  const chosen =
    inputCell(back, before.shape, (cell) => cell[0] === context.place[0]) ??
    strongest(own.at_inputs[0], context.place[0]);
  const show = (/** @type {Place} */ cell) => {
    maps.show(cell[1], cell[2]);
    text.replaceChildren(
      element("h3", { class: "input" }, `Back to ${mapName(before, cell[0])} (${cell[1]}, ${cell[2]})`),
      ...explain(cell).filter((one) => one !== null && one !== false),
    );
  };
  let pinned = chosen;
  const maps = gradientMaps(own.at_inputs[0], {
    theme: context.theme,
    room: context.room.input,
    role: "input",
    title: "Gradient passed back",
    name: (map) => mapName(before, map),
    place: chosen,
    point: show,
    leave: () => show(pinned),
    pick(cell) {
      context.keep("cell", cell.join("."));
      if (cell[0] !== chosen[0]) return context.jump([cell[0], ...context.place.slice(1)]);
      pinned = cell;
      show(cell);
    },
  });
  show(chosen);
  return {
    input: maps.nodes,
    middle: [text],
    output: arriving.nodes,
    show: (at) => arriving.show(at[1], at[2]),
    spoken: (at) => `gradient ${three(valueOf(own.at_output, at))}`,
  };
}

/**
 * @param {Step} step
 * @param {Back} back
 * @param {(place: Place) => import("convscope/kit/dom.js").Leaf[]} explain
 * @returns {View}
 */
function columns(step, { context, own }, explain) {
  const text = element("div", { class: "stack" });
  const pick = (/** @type {number} */ at) => context.pick([at]);
  const point = (/** @type {number} */ at) => context.point([at]);
  const leave = () => context.leave();
  const { theme, room } = context;
  const [passed, arriving] = [
    gradientVector(own.at_inputs[0], {
      theme,
      room: room.input,
      role: "input",
      title: "Gradient passed back",
      point,
      leave,
      pick,
    }),
    gradientVector(own.at_output, {
      theme,
      room: room.output,
      role: "output",
      title: "Gradient that arrives",
      point,
      leave,
      pick,
    }),
  ];
  return {
    input: passed.nodes,
    middle: [text],
    output: arriving.nodes,
    show([at]) {
      passed.show(at);
      arriving.show(at);
      text.replaceChildren(
        element("h3", { class: "input" }, `Back to ${step.unit} ${at}`),
        ...explain([at]).filter((one) => one !== null && one !== false),
      );
    },
    spoken: ([at]) => `gradient ${three(own.at_output.data[at])}`,
  };
}
