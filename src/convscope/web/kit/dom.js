/**
 * Making elements. Text goes in as text: nothing a walk holds is ever read as HTML.
 *
 * @typedef {Node | string | null | false} Leaf  null and false leave nothing
 * @typedef {Leaf | Leaf[] | (Leaf | Leaf[])[]} Child
 * @typedef {Record<string, string | number | boolean | null | EventListener>} Attributes  a function listens
 */

import { whole } from "convscope/kit/address.js";

/**
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
 * The same for drawings.
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
 * A link to a state of this page. Its address is whole: a fragment alone would mean the page around a frame.
 *
 * @param {string} fragment
 * @param {...Child} children
 */
export function link(fragment, ...children) {
  return element("a", { href: whole(fragment) }, ...children);
}

/**
 * The head of a table: a title over each column.
 *
 * @param {string[]} titles
 */
export function head(titles) {
  const cells = titles.map((title) => element("th", { scope: "col" }, title));
  return element("thead", {}, element("tr", {}, cells));
}

/**
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
 * Children as they can be appended.
 *
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
export function flat(children) {
  return children.flat(2).filter((child) => child !== null && child !== false);
}

/**
 * Scrolls a row sideways until its current piece is in the middle; the page stays where it is.
 *
 * @param {Element | null} row
 */
export function centreCurrent(row) {
  const current = row?.querySelector("[aria-current]");
  if (!row || !current) return;
  const [whole, piece] = [row, current].map((one) => one.getBoundingClientRect());
  row.scrollLeft += piece.left + piece.width / 2 - whole.left - whole.width / 2;
}
