/**
 * The whole state of the page, as it stands in the fragment of its address.
 *
 *     #at=softmax:0/full_connection_2:0/relu_3:17&truth=3&theme=dark
 *
 * `at` is the trail of a number, from where a person began back to where they are: step and place.
 *
 * @typedef {number[]} Place  of a number in a step's output: map, row, column, or one index
 * @typedef {{step: string, place: Place}} Stop
 * @typedef {{trail: Stop[], options: Record<string, string>}} State
 */

/**
 * @param {string} fragment  with or without its #
 * @returns {State}
 */
export function parse(fragment) {
  const { at = "", ...options } = Object.fromEntries(new URLSearchParams(fragment.replace(/^#/, "")));
  const trail = at.split("/").filter(Boolean).map(parseStop);
  return { trail, options };
}

/**
 * @param {State} state
 * @returns {string}
 */
export function format({ trail, options }) {
  const at = trail.map(({ step, place }) => [step, place.join(".")].filter(Boolean).join(":")).join("/");
  const fields = Object.entries({ at, ...options }).filter(([, value]) => value !== "");
  return `#${fields.map(([name, value]) => `${encodeURIComponent(name)}=${escaped(value)}`).join("&")}`;
}

/**
 * The trail further back, towards the pixels.
 *
 * @param {State} state
 * @param {...Stop} stops
 * @returns {State}
 */
export function further(state, ...stops) {
  return { ...state, trail: [...state.trail, ...stops] };
}

/**
 * The same trail with another number at its end.
 *
 * @param {State} state
 * @param {Stop} stop
 * @returns {State}
 */
export function instead(state, stop) {
  return { ...state, trail: [...state.trail.slice(0, -1), stop] };
}

/** @param {string} text */
function parseStop(text) {
  const [step, place = ""] = text.split(":");
  return { step, place: place.split(".").filter(Boolean).map(Number) };
}

/** @param {string} value */
function escaped(value) {
  return encodeURIComponent(value).replace(/%2F/g, "/").replace(/%3A/g, ":");
}
