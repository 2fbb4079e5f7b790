/**
 * The studio's page: a navigation bar, and below it the view given by the address. A view is a module
 * `NAME/view.js` with
 *
 *     export async function show(root, place)   fills root; may return a function that cleans up
 *     export const followsOptions = true        if the view handles changes of its options itself
 */

import { parse } from "convscope/kit/address.js";
import { centreCurrent, element } from "convscope/kit/dom.js";
import { problemBox } from "convscope/kit/problem.js";
import { hold } from "convscope/kit/redraw.js";
import { applyTheme, followTheme, themeButton } from "convscope/kit/theme.js";
import { icon } from "convscope/studio/icons.js";
import { addressOf } from "convscope/studio/place.js";

/** Names of the views, and their titles. */
const VIEWS = new Map([
  ["playground", "Playground"],
  ["lesson", "Lesson"],
  ["train", "Train"],
  ["record", "Record"],
  ["walk", "Walk"],
  ["mistakes", "Mistakes"],
  ["neurons", "Neurons"],
  ["compare", "Compare"],
  ["losses", "Losses"],
]);

/** The start page. */
const FIRST = "playground";

const top = byId("top");
const main = byId("main");

/** @type {(() => void) | void} */
let tidy;

/** Address without options of the view shown, if it handles its options itself; otherwise "". */
let followed = "";

/** Counts changes of the view, so that one that loads slowly does not overwrite the next. */
let turn = 0;

/** @returns {import("convscope/studio/place.js").Place} */
function placeNow() {
  const {
    path: [view = "", ...path],
    options,
  } = parse(location.hash);
  return { view: VIEWS.has(view) ? view : FIRST, path, options };
}

async function turnTo() {
  const place = placeNow();
  const mine = ++turn;
  followed = "";
  tidy?.();
  tidy = undefined;
  document.title = `${VIEWS.get(place.view)} · convscope studio`;
  drawTop(place.view);
  const root = element("div", { class: "studio-view", "aria-busy": "true" });
  const back = leave(addressOf(place.view, place.path));
  if (!main.firstChild) main.append(root);
  try {
    /** @type {{show: import("convscope/studio/place.js").Show, followsOptions?: boolean}} */
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
    root.append(problemBox(error));
  }
  if (mine === turn) back(root);
}

/** Address without options of the previous view. */
let left = "";

/**
 * Leave the current view. If only its options change, scroll position and keyboard focus are kept; another
 * view starts at the top and gets the focus.
 *
 * @param {string} next  address of the next view, without options
 * @returns {(root: HTMLElement) => void}  to be called once the next view is drawn
 */
function leave(next) {
  const isSame = next === left;
  left = next;
  const restore = hold(main);
  const hadFocus = main.contains(document.activeElement);
  if (isSame) main.style.minHeight = `${main.offsetHeight}px`;
  else scrollTo(0, 0);
  return (root) => {
    root.removeAttribute("aria-busy");
    // lists compute their height one frame later
    requestAnimationFrame(() => requestAnimationFrame(() => (main.style.minHeight = "")));
    const isBack = isSame && restore(root);
    if (!isBack && hadFocus && document.activeElement === document.body) main.focus({ preventScroll: true });
  };
}

/** @param {string} current */
function drawTop(current) {
  if (!top.firstChild) top.append(...bar());
  for (const link of top.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === addressOf(current)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  centreCurrent(top.querySelector("nav"));
  applyTheme();
}

function bar() {
  return [
    element("strong", {}, "convscope"),
    element(
      "nav",
      { "aria-label": "what to do" },
      [...VIEWS].map(([view, title]) => element("a", { href: addressOf(view) }, icon(view), title)),
    ),
    themeButton(turnTo),
  ];
}

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

followTheme(turnTo);
addEventListener("hashchange", () => {
  const { view, path } = placeNow();
  if (addressOf(view, path) !== followed) turnTo();
});
turnTo();
