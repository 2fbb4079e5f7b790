/**
 * Create DOM elements. Strings become text nodes, so nothing in a walk is ever parsed as HTML.
 *
 * @typedef {Node | string | null | false} Leaf  null and false are skipped
 * @typedef {Leaf | Leaf[] | (Leaf | Leaf[])[]} Child
 * @typedef {Record<string, string | number | boolean | null | EventListener>} Attributes  functions become
 *   event listeners
 */

import { whole } from "convscope/kit/address.js";

/**
 * Create an HTML element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  apply(made, attributes);
  made.append(...flat(children));
  return made;
}

/**
 * Create an SVG element.
 *
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  apply(made, attributes);
  made.append(...flat(children));
  return made;
}

/**
 * Create a link to another state of this page. Its URL is absolute: a fragment alone would resolve against
 * the page that embeds this one in a frame.
 *
 * @param {string} fragment
 * @param {...Child} children
 */
export function link(fragment, ...children) {
  return element("a", { href: whole(fragment) }, ...children);
}

/**
 * Create a table head with one header cell per title.
 *
 * @param {string[]} titles
 */
export function head(titles) {
  const cells = titles.map((title) => element("th", { scope: "col" }, title));
  return element("thead", {}, element("tr", {}, cells));
}

/**
 * Create a round "?", which opens an explanation.
 *
 * @param {string} label  accessible name
 */
export function questionMark(label) {
  return element("summary", { class: "help-mark", "aria-label": label }, "?");
}

/**
 * Set attributes and event listeners.
 *
 * @param {Element} made
 * @param {Attributes} attributes
 */
function apply(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * Flatten children and drop null and false, ready for `append`.
 *
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
export function flat(children) {
  return children.flat(2).filter((child) => child !== null && child !== false);
}

/**
 * Scroll a row horizontally so that its current item is centred, without scrolling the page.
 *
 * @param {Element | null} row
 */
export function centreCurrent(row) {
  const current = row?.querySelector("[aria-current]");
  if (!row || !current) return;
  const [whole, piece] = [row, current].map((one) => one.getBoundingClientRect());
  row.scrollLeft += piece.left + piece.width / 2 - whole.left - whole.width / 2;
}
