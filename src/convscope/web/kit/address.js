/**
 * What a page shows, as it stands in the fragment of its address.
 *
 *     #at=softmax:0/full_connection_2:0/relu_3:17&truth=3&theme=dark
 *     #/walk/pets/cat?at=convolution_1:0.3.4
 *
 * A page of several views has the path of the view first. `at` is the trail of a number, from where a person began
 * back to where they are: step and place. All else are options.
 *
 * @typedef {number[]} Place  of a number in a step's output: map, row, column, or one index
 * @typedef {{step: string, place: Place}} Stop
 * @typedef {{path: string[], trail: Stop[], options: Record<string, string>}} State
 */

/**
 * @param {string} fragment  with or without its #
 * @returns {State}
 */
export function parse(fragment) {
  const [, way = "", query] = /^#?(\/[^?]*)?\??(.*)$/s.exec(fragment) ?? [];
  const { at = "", ...options } = Object.fromEntries(new URLSearchParams(query));
  return {
    path: way.split("/").filter(Boolean).map(decoded),
    trail: at.split("/").filter(Boolean).map(parseStop),
    options,
  };
}

/**
 * The fragment of a state; options that are "" are left out.
 *
 * @param {Partial<State>} state
 */
export function format({ path = [], trail = [], options = {} }) {
  const at = trail.map(({ step, place }) => [step, place.join(".")].filter(Boolean).join(":")).join("/");
  const fields = Object.entries({ at, ...options }).filter(([, value]) => value !== "");
  const query = fields.map(([name, value]) => `${encodeURIComponent(name)}=${escaped(value)}`).join("&");
  if (path.length === 0) return `#${query}`;
  return `#/${path.map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}

/**
 * This page's whole address with another fragment: the fragment alone would mean the page around a frame.
 *
 * @param {string} fragment
 */
export function whole(fragment) {
  return new URL(fragment, location.href).href;
}

/**
 * Sets options in the address without a new entry in the history.
 *
 * @param {Record<string, string>} options  "" takes one away
 */
export function remember(options) {
  const now = parse(location.hash);
  history.replaceState(null, "", whole(format({ ...now, options: { ...now.options, ...options } })));
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

/** @param {string} piece */
function decoded(piece) {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}

/** @param {string} value */
function escaped(value) {
  return encodeURIComponent(value).replace(/%2F/g, "/").replace(/%3A/g, ":");
}
