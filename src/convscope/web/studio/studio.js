/**
 * The studio's page: a thin row of things to do, and below it the one that the address names.
 *
 *     #/train/pets   the view `train` with the path ["pets"];  ?name=value after it are its options
 *
 * A view is a module `NAME/view.js` with
 *
 *     export async function show(root, place)   fills root; may return a function that tidies up
 *     export const followsOptions = true        where it reads its options itself as they change
 *
 * @typedef {object} Place
 * @property {string} view
 * @property {string[]} path  what follows the view's name, piece by piece
 * @property {URLSearchParams} options
 *
 * @typedef {(root: HTMLElement, place: Place) => Promise<(() => void) | void>} Show
 */

import { centreCurrent, element } from "convscope/kit/dom.js";
import { told } from "convscope/studio/api.js";
import { theme } from "convscope/studio/theme.js";

/** Name of a view, and what it is called. */
const VIEWS = new Map([
  ["train", "Train"],
  ["walk", "Walk"],
  ["mistakes", "Mistakes"],
  ["neurons", "Neurons"],
  ["compare", "Compare"],
  ["losses", "Losses"],
  ["lesson", "Lesson"],
]);

const TAKES_KEYS = "a, button, input, select";

const top = byId("top");
const main = byId("main");

/** @type {(() => void) | void} */
let tidy;

/** What is shown, without options, by a view that reads these itself; else nothing. */
let followed = "";

/** Counts changes of the view: one that loads slowly must not overwrite the next. */
let turn = 0;

/**
 * @param {string} fragment
 * @returns {Place}
 */
export function placeOf(fragment) {
  const [way, query = ""] = fragment.replace(/^#\/?/, "").split("?");
  const [view, ...path] = way.split("/").map(decoded);
  return { view: VIEWS.has(view) ? view : "train", path, options: new URLSearchParams(query) };
}

/**
 * The address of a view.
 *
 * @param {string} view
 * @param {string[]} [path]
 * @param {Record<string, string>} [options]
 */
export function addressOf(view, path = [], options = {}) {
  const query = new URLSearchParams(options).toString();
  return `#/${[view, ...path].map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

async function turnTo() {
  const place = placeOf(location.hash);
  const mine = ++turn;
  followed = "";
  tidy?.();
  tidy = undefined;
  document.title = `${VIEWS.get(place.view)} · convscope studio`;
  drawTop(place.view);
  const root = element("div", { class: "studio-view", "aria-busy": "true" });
  const back = leave(addressOf(place.view, place.path));
  try {
    /** @type {{show: Show, followsOptions?: boolean}} */
    const { show, followsOptions } = await import(`convscope/studio/${place.view}/view.js`);
    if (mine !== turn) return;
    if (followsOptions) followed = addressOf(place.view, place.path);
    main.replaceChildren(root);
    const after = await show(root, place);
    if (mine === turn) tidy = after;
    else after?.();
  } catch (error) {
    if (mine !== turn) return;
    main.replaceChildren(root);
    if (!root.querySelector("h1")) root.append(element("h1", {}, VIEWS.get(place.view) ?? ""));
    root.append(told(error));
  }
  if (mine === turn) back(root);
}

/** What was shown last, without its options. */
let left = "";

/**
 * Leaves what is shown. The same with another choice stays where it is on the screen, and the keyboard at what was
 * chosen; another begins at its top, and the keyboard there.
 *
 * @param {string} next  what is shown instead, without its options
 * @returns {(root: HTMLElement) => void}  to be called once it is there
 */
function leave(next) {
  const isSame = next === left;
  left = next;
  const { activeElement: active } = document;
  const label = main.contains(active) && active ? labelOf(active) : "";
  if (isSame) main.style.minHeight = `${main.offsetHeight}px`;
  else scrollTo(0, 0);
  return (root) => {
    root.removeAttribute("aria-busy");
    // lists find their height a frame later
    requestAnimationFrame(() => requestAnimationFrame(() => (main.style.minHeight = "")));
    const same =
      isSame && label && [...root.querySelectorAll(TAKES_KEYS)].find((one) => labelOf(one) === label);
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
    else if (label && document.activeElement === document.body) main.focus({ preventScroll: true });
  };
}

/**
 * What a control is called.
 *
 * @param {Element} control
 */
function labelOf(control) {
  const { labels } = /** @type {HTMLInputElement} */ (control);
  return (
    control.getAttribute("aria-label") ?? labels?.[0]?.firstChild?.textContent ?? control.textContent ?? ""
  );
}

/** @param {string} current */
function drawTop(current) {
  if (!top.firstChild) top.append(...bar());
  for (const link of top.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === addressOf(current)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  centreCurrent(top.querySelector("nav"));
  const switcher = top.querySelector(".theme");
  if (switcher) switcher.textContent = otherTheme();
}

function bar() {
  return [
    element("strong", {}, "convscope"),
    element(
      "nav",
      { "aria-label": "what to do" },
      [...VIEWS].map(([view, title]) => element("a", { href: addressOf(view) }, title)),
    ),
    element("button", { type: "button", class: "theme", "aria-label": "light or dark", click: switchTheme }),
  ];
}

/** The theme that is not shown now. */
function otherTheme() {
  return theme() === "dark" ? "light" : "dark";
}

function switchTheme() {
  const chosen = otherTheme();
  document.documentElement.dataset.theme = chosen;
  localStorage.setItem("theme", chosen);
  turnTo();
}

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {string} piece */
function decoded(piece) {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}

const kept = localStorage.getItem("theme");
if (kept) document.documentElement.dataset.theme = kept;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => turnTo());
addEventListener("hashchange", () => {
  const { view, path } = placeOf(location.hash);
  if (addressOf(view, path) !== followed) turnTo();
});
turnTo();
