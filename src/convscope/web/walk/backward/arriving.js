/** The gradient at a step's output, as maps and as single values. */

import { mapName } from "convscope/walk/chain.js";
import { gradientMaps } from "convscope/walk/backward/gradient_maps.js";

/**
 * @typedef {import("convscope/walk/backward/views.js").Back} Back
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/kit/arrays.js").Tensor} Tensor
 * @typedef {import("convscope/kit/address.js").Place} Place
 */

/**
 * @param {Step} step
 * @param {Back} back
 * @param {string} [title]
 */
export function arrivingMaps(step, { context, own }, title = "Gradient that arrives") {
  return gradientMaps(own.at_output, {
    theme: context.theme,
    room: context.room.output,
    role: "output",
    title,
    name: (map) => mapName(step, map),
    place: context.place,
    point: (place) => context.point(place),
    leave: () => context.leave(),
    pick: (place) => context.pick(place),
  });
}

/**
 * @param {Tensor} tensor
 * @param {Place} place
 */
export function valueOf({ shape, data }, place) {
  return data[place.reduce((index, part, axis) => index * shape[axis] + part, 0)];
}

/** @param {Place} place */
export function cellText([, row, column]) {
  return `(${row}, ${column})`;
}
