/** Why this prediction: which parts of the picture mattered, and the most similar training pictures. */

import { choice } from "convscope/kit/choice.js";
import { element } from "convscope/kit/dom.js";
import { three } from "convscope/kit/numbers.js";
import { windowOf } from "convscope/kit/receptive.js";
import { UNKNOWN } from "convscope/kit/similar.js";
import { evidence } from "convscope/walk/evidence.js";
import { fitInWords } from "convscope/walk/fit.js";
import { evenly, mapOnPicture } from "convscope/walk/map_on_picture.js";
import { NONE, outputName } from "convscope/walk/truth.js";

/**
 * @typedef {import("convscope/walk/view.js").Context} Context
 */

const SAME = 1e-6; // rounding tolerance: a similarity above 1 − SAME counts as identical

/** @type {import("convscope/walk/view.js").Extra} */
export const why = {
  title: "why this answer",
  text: {
    does: "Two maps of what mattered for the answer, and the training pictures that the network finds most similar.",
    attempt: "Did the object itself matter, or the background?",
    more: [
      "Such maps show where, not why, and each is based on one definition of what matters. Where the two disagree, do not trust either alone.",
    ],
  },
  isPresent: ({ why, neighbours, open_set }) => why !== null || neighbours.length > 0 || open_set !== null,
  view: draw,
};

/**
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(context) {
  const none = context.chain.why === null && element("p", { class: "quiet" }, context.absent);
  return {
    below: [none, evidence(context), gradCam(context), occlusion(context), fit(context), neighbours(context)],
  };
}

/** @param {Context} context */
function gradCam(context) {
  const { chain, state, set } = context;
  const cam = chain.why?.grad_cam;
  if (!cam) return null;
  const predicted = chain.predicted ?? 0;
  const asked = Number(state.options.class ?? predicted);
  const chosen = cam.classes?.find(({ class_index }) => class_index === asked);
  const shown = chosen ? asked : predicted;
  const names = Object.fromEntries(
    (cam.classes ?? []).map(({ class_index }) => [class_index, chain.classes[class_index]]),
  );
  const title = chain.classes[shown];
  const map = chosen?.map ?? cam.map;
  return element(
    "section",
    {},
    element("h2", {}, `Grad-CAM: where the evidence for ${title} lies`),
    cam.classes !== undefined &&
      choice(outputName(chain), String(shown), names, (index) => set("class", index)),
    mapOnPicture(context, map, evenly(context, map)),
    element("p", { class: "quiet" }, cam.text),
  );
}

/** @param {Context} context */
function occlusion(context) {
  const { chain, state, set } = context;
  const covered = chain.why?.occlusion;
  if (!covered) return null;
  const { window, stride, classes } = covered;
  const asked = Number(state.options.class ?? chain.predicted ?? 0);
  const { class_index, map } = classes.find((one) => one.class_index === asked) ?? classes[0];
  const names = Object.fromEntries(classes.map((one) => [one.class_index, chain.classes[one.class_index]]));
  const seen = (/** @type {number} */ row, /** @type {number} */ column) =>
    windowOf({ window, stride, padding: [0, 0] }, row, column);
  const drawn = (/** @type {number} */ row, /** @type {number} */ column) => ({
    top: row * stride[0] + (window[0] - stride[0]) / 2,
    left: column * stride[1] + (window[1] - stride[1]) / 2,
    height: stride[0],
    width: stride[1],
  });
  return element(
    "section",
    {},
    element(
      "h2",
      {},
      `Occlusion: how much ${chain.classes[class_index]} loses when a square covers each place`,
    ),
    choice(outputName(chain), String(class_index), names, (index) => set("class", index)),
    mapOnPicture(context, map, { seen, drawn }),
    element("p", { class: "quiet" }, covered.text),
  );
}

/** @param {Context} context */
function fit({ chain }) {
  const found = chain.open_set;
  if (!found) return null;
  const title = found.unknown ? UNKNOWN : "one of these classes";
  return element(
    "section",
    {},
    element("h2", {}, `Known or unknown: ${title}`),
    element("p", { class: "quiet" }, fitInWords(found)),
  );
}

/** @param {Context} context */
function neighbours({ chain, noNeighbours }) {
  const title = element("h2", {}, "Most similar training pictures");
  const missing = chain.neighbours.every(({ thumbnail }) => thumbnail === null);
  return element(
    "section",
    {},
    title,
    chain.neighbours.length > 0 && [
      element(
        "p",
        { class: "quiet" },
        "Nearest by the features of the last hidden layer: similar in the eyes of the network. The similarity is the cosine of the features.",
      ),
      element("ul", { class: "neighbours" }, chain.neighbours.map(neighbour)),
    ],
    missing && element("p", { class: "quiet" }, noNeighbours),
  );
}

/** @param {import("convscope/walk/document.js").Neighbour} one */
function neighbour({ name, label, similarity, thumbnail }) {
  const file = name?.split("/").pop() ?? "";
  return element(
    "li",
    {},
    thumbnail !== null && element("img", { src: thumbnail, alt: `a picture of ${label || NONE}` }),
    element("strong", {}, label || NONE),
    element("span", {}, similarity > 1 - SAME ? "identical" : `similarity ${three(similarity)}`),
    name !== null && element("span", { class: "quiet", title: name }, file),
  );
}
