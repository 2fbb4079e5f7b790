/**
 * The state of a page, stored in the URL fragment.
 *
 *     #at=softmax:0/full_connection_2:0/relu_3:17&truth=3&theme=dark
 *     #/walk/pets/cat?at=convolution_1:0.3.4
 *
 * A page with several views starts the fragment with the path of the view. `at` is the trail: the numbers
 * visited on the way back through the network, first to current, each as step and place. Everything else is
 * an option.
 *
 * @typedef {number[]} Place  index of a number in a step's output: [map, row, column] or [index]
 * @typedef {{step: string, place: Place}} Stop
 * @typedef {{path: string[], trail: Stop[], options: Record<string, string>}} State
 */

/**
 * Parse a fragment.
 *
 * @param {string} fragment  with or without its leading #
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
 * Return the fragment for a state. Options that are "" are left out.
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
 * Return this page's full URL with another fragment. A fragment alone would resolve against the URL of the
 * page that embeds this one in a frame.
 *
 * @param {string} fragment
 */
export function whole(fragment) {
  return new URL(fragment, location.href).href;
}

/**
 * Set options in the address without adding a history entry.
 *
 * @param {Record<string, string>} options  "" removes an option
 */
export function remember(options) {
  const now = parse(location.hash);
  history.replaceState(null, "", whole(format({ ...now, options: { ...now.options, ...options } })));
}

/**
 * Return the state with stops appended to its trail, one step closer to the pixels each.
 *
 * @param {State} state
 * @param {...Stop} stops
 * @returns {State}
 */
export function further(state, ...stops) {
  return { ...state, trail: [...state.trail, ...stops] };
}

/**
 * Return the state with the last stop of its trail replaced.
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
