/**
 * Addresses in the studio: a view, its path, and its options.
 *
 *     #/train/pets   the view `train` with the path ["pets"];  ?name=value adds options
 *
 * @typedef {{view: string, path: string[], options: Record<string, string>}} Place
 *
 * @typedef {(root: HTMLElement, place: Place) => Promise<(() => void) | void>} Show  draws a view into its
 *   root; may resolve to a function that cleans up
 */

import { format } from "convscope/kit/address.js";

/**
 * Return the address of a view.
 *
 * @param {string} view
 * @param {string[]} [path]
 * @param {Record<string, string>} [options]  "" removes an option
 */
export function addressOf(view, path = [], options = {}) {
  return format({ path: [view, ...path], options });
}

/**
 * Return the address of the same view with other options.
 *
 * @param {Place} place
 * @param {Record<string, string>} changed  "" removes an option
 */
export function withOptions({ view, path, options }, changed) {
  return addressOf(view, path, { ...options, ...changed });
}

/**
 * Go to the same view with other options.
 *
 * @param {Place} place
 * @param {Record<string, string>} changed  "" removes an option
 */
export function turnTo(place, changed) {
  location.hash = withOptions(place, changed);
}

/**
 * Return the address of the walk of a picture.
 *
 * @type {(model: string, data: string, place: number) => string}
 */
export function walkOf(model, data, place) {
  return addressOf("walk", [model, `data.${data}.${place}`]);
}
