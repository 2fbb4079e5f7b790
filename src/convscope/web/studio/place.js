/**
 * Where one is in the studio: a view, what it is about, and its options.
 *
 *     #/train/pets   the view `train` with the path ["pets"];  ?name=value after it are its options
 *
 * @typedef {{view: string, path: string[], options: Record<string, string>}} Place
 *
 * @typedef {(root: HTMLElement, place: Place) => Promise<(() => void) | void>} Show  a view fills its root, and may
 *   return a function that tidies up
 */

import { format } from "convscope/kit/address.js";

/**
 * The address of a view.
 *
 * @param {string} view
 * @param {string[]} [path]
 * @param {Record<string, string>} [options]  "" takes one away
 */
export function addressOf(view, path = [], options = {}) {
  return format({ path: [view, ...path], options });
}

/**
 * The address of the same view with other options.
 *
 * @param {Place} place
 * @param {Record<string, string>} changed  "" takes an option away
 */
export function withOptions({ view, path, options }, changed) {
  return addressOf(view, path, { ...options, ...changed });
}

/**
 * Goes to the same view with other options.
 *
 * @param {Place} place
 * @param {Record<string, string>} changed  "" takes an option away
 */
export function turnTo(place, changed) {
  location.hash = withOptions(place, changed);
}

/** The address of the walk of a picture. @type {(model: string, data: string, place: number) => string} */
export function walkOf(model, data, place) {
  return addressOf("walk", [model, `data.${data}.${place}`]);
}
