/**
 * The whole state of the page, as it stands in the fragment of its address.
 *
 *     #at=softmax:0/full_connection_2:0/relu_3:17&truth=3&theme=dark
 *
 * `at` is the trail of a number, from where a person began back to where they are: step and place. Where the walk is
 * part of a larger page, the way there stands before it: `#/walk/pets/cat?at=...`; it is no part of the state.
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
  const [, , fields] = partsOf(fragment);
  const { at = "", ...options } = Object.fromEntries(new URLSearchParams(fields));
  const trail = at.split("/").filter(Boolean).map(parseStop);
  return { trail, options };
}

/**
 * A fragment that says something else about the same part of a larger page.
 *
 * @param {string} fragment  as it is
 * @param {string} wanted  what `format` gave
 */
export function below(fragment, wanted) {
  const [, way] = partsOf(fragment);
  return way ? `#${way}?${wanted.slice(1)}` : wanted;
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

/**
 * A fragment, the way to a part of a larger page in it, and what is said about that part.
 *
 * @param {string} fragment
 * @returns {string[]}
 */
function partsOf(fragment) {
  return /^#?(\/[^?]*)?\??(.*)$/s.exec(fragment) ?? [fragment, "", ""];
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
