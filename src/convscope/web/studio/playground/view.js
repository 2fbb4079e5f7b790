/**
 * The playground, the studio's start page. It is kept alive when another view is opened or the theme changes,
 * so that the drawing and the trained weights are not lost.
 */

import { element } from "convscope/kit/dom.js";
import { Playground } from "convscope/playground/playground.js";
import { get } from "convscope/studio/api.js";
import { addressOf } from "convscope/studio/place.js";

const ROOMS = [
  ["lesson", "Take the lesson", "nine short pages with questions"],
  ["train", "Train your own network", "on a folder of pictures"],
  ["record", "Teach it by the camera", "two classes in a minute"],
  ["walk", "Follow a picture", "through any network, number by number"],
];

/** @type {{root: HTMLElement, playground: Playground} | undefined} */
let kept;

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root) {
  const { root: inner, playground } = (kept ??= await open());
  root.replaceChildren(inner);
  playground.draw();
  return () => playground.pause();
}

async function open() {
  const root = element("div", { class: "playground" });
  const network = await get("/api/playground");
  const playground = new Playground(network, root, drawings, [rooms()]);
  drawings().catch(() => {}); // load them in advance
  return { root, playground };
}

/** @type {Promise<import("convscope/playground/page.js").PackedSets> | undefined} */
let asked;

/** Load the training drawings, which the server renders in a few seconds. */
function drawings() {
  asked ??= get("/api/playground/drawings").catch((error) => {
    asked = undefined;
    throw error;
  });
  return asked;
}

function rooms() {
  const links = ROOMS.map(([view, title, what]) =>
    element("a", { href: addressOf(view) }, element("strong", {}, title), element("span", {}, what)),
  );
  return element("nav", { class: "rooms", "aria-label": "what to do next" }, links);
}
