/** All steps at a glance: one row per step, its most active maps first. */

import { largestFirst, mapOf, range } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { element, link } from "convscope/kit/dom.js";
import { gallery } from "convscope/kit/gallery.js";
import { cellSize, layout, mapCanvas, pixelPaint, rem, signedPaint, thumbnail } from "convscope/kit/maps.js";
import { count, sizeText, three } from "convscope/kit/numbers.js";
import { format } from "convscope/kit/address.js";
import { blockPicture } from "convscope/walk/block_picture.js";
import { blocksOf } from "convscope/walk/blocks.js";
import { activities, brightest, hasMaps, mapName } from "convscope/walk/chain.js";
import { gist } from "convscope/walk/gist.js";
import { painting } from "convscope/walk/painting.js";
import { stepThumbnail } from "convscope/walk/step_thumbnail.js";
import { answerOf, membersOf, named, supposed } from "convscope/walk/truth.js";

/**
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/chain.js").Step} Step
 */

const SIDE = 3.5; // of a thumbnail, in rem
const GAP = 16;
const TEXT = 31; // width of a step's name and of the number of further maps, in rem
const MOST_CLASSES = 5;

/** @type {import("convscope/walk/view.js").Extra} */
export const overview = {
  title: "overview",
  text: {
    does: "Step by step, the picture becomes feature maps. In a whole network, the last maps become a column of numbers, and that column an answer.",
    attempt: "Choose any map to see where its numbers come from.",
    more: [
      "Blue is negative, orange is positive; the strongest colour marks the largest number of the step.",
      "The maps of a step are sorted by how strongly they respond.",
      "A deep network is shown in blocks of steps, and each step by one map, the one whose numbers differ most. Choose a step to see all of it.",
    ],
  },
  isPresent: () => true,
  view: draw,
};

/**
 * @param {Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw(context) {
  const blocks = blocksOf(context.chain.steps);
  const rows = element(
    "ol",
    { class: "overview" },
    blocks.map((block) =>
      block.steps.length === 1 && !block.steps[0].preview
        ? element("li", {}, title(context, block.steps[0]), drawing(context, block.steps[0]))
        : element("li", {}, blockTitle(context, block), blockSteps(context, block)),
    ),
  );
  return {
    below: [
      gist(context),
      blockPicture(context, blocks),
      element("section", {}, element("h2", {}, "Every step"), rows),
      origin(context.chain.origin),
    ],
  };
}

/**
 * Say which weights training started from.
 *
 * @param {import("convscope/walk/document.js").Origin | null} origin
 */
function origin(origin) {
  if (!origin) return null;
  const { text, licence, digest } = origin;
  const facts = [text && `Started from ${text}`, licence && `licence ${licence}`].filter(Boolean);
  return element(
    "p",
    { class: "quiet" },
    `${facts.join("; ")}${facts.length ? "; " : ""}SHA-256 `,
    element("code", { title: digest }, digest.slice(0, 16)),
  );
}

/**
 * @param {Context} context
 * @param {import("convscope/walk/blocks.js").Block} block
 */
function blockTitle({ state }, { title, steps }) {
  const last = steps[steps.length - 1];
  const parameters = steps.reduce((total, step) => total + step.parameters, 0);
  const notation = steps.map((step) => step.notation).filter(Boolean);
  const written = notation.join("-");
  const facts = [
    last.kind === "addition" ? `(${written})+` : written,
    sizeText(last.shape),
    parameters > 0 && `${count(parameters)} parameters`,
  ];
  return element(
    "div",
    {},
    link(format({ ...state, trail: [{ step: last.name, place: [] }] }), title),
    element("span", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
  );
}

/**
 * Draw one map of every step of a block.
 *
 * @param {Context} context
 * @param {import("convscope/walk/blocks.js").Block} block
 */
function blockSteps({ state, theme }, { steps }) {
  return element(
    "ol",
    { class: "block-steps" },
    steps.map((step) =>
      element(
        "li",
        {},
        link(
          format({ ...state, trail: [{ step: step.name, place: [] }] }),
          stepThumbnail(step, theme),
          element("span", {}, step.short),
        ),
      ),
    ),
  );
}

/**
 * @param {Context} context
 * @param {Step} step
 */
function title({ state }, step) {
  const { notation, parameters } = step;
  const facts = [notation, sizeText(step.shape), parameters > 0 && `${count(parameters)} parameters`];
  return element(
    "div",
    {},
    link(format({ ...state, trail: [{ step: step.name, place: [] }] }), step.title),
    element("span", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
  );
}

/**
 * @param {Context} context
 * @param {Step} step
 */
function drawing(context, step) {
  const { theme } = context;
  const ofAnswer = ANSWERS[step.kind];
  if (ofAnswer) return ofAnswer(context, step);
  return hasMaps(step) ? smallMaps(context, step) : columnPicture(step, theme);
}

/**
 * Views of the steps after the logits.
 *
 * @type {Record<string, (context: Context, step: any) => HTMLElement>}
 */
const ANSWERS = {
  softmax: leading,
  sigmoid: leading,
  loss: ofClass,
  binary_cross_entropy: ofLabels,
};

/**
 * @param {Context} context
 * @param {Step} step
 */
function leading({ chain }, step) {
  const order = largestFirst(step.output.data).slice(0, MOST_CLASSES);
  const answer = answerOf(chain);
  return bars(
    order.map((index) => ({ label: chain.classes[index], value: step.output.data[index] })),
    { caption: "", shares: true, answers: order.map((index) => answer.includes(index)) },
  );
}

/**
 * @param {Context} context
 * @param {import("convscope/walk/chain.js").LossStep} step
 */
function ofClass({ chain }, { output }) {
  const outcome = supposed(chain);
  const condition = chain.truth === null ? "if it is" : "for the true class,";
  return element(
    "p",
    {},
    `cross-entropy ${three(output.data[outcome])} ${condition} ${chain.classes[outcome]}`,
  );
}

/**
 * @param {Context} context
 * @param {import("convscope/walk/chain.js").LabelLossStep} step
 */
function ofLabels({ chain }, { labels, others }) {
  const members = membersOf(chain, supposed(chain));
  const parts = labels.map(({ label, present, absent }) => (members.includes(label) ? present : absent));
  const loss = parts.reduce((sum, part) => sum + part.cross_entropy, others);
  const condition = chain.truth === null ? "if it shows" : "for the true labels,";
  return element("p", {}, `binary cross-entropy ${three(loss)} ${condition} ${named(chain, members)}`);
}

/**
 * @param {Context} context
 * @param {Step} step
 */
function smallMaps(context, step) {
  const [maps, height, width] = step.shape;
  const side = rem(SIDE);
  const fit = Math.max(3, Math.floor((context.room.below - rem(TEXT)) / (side + GAP)));
  const active = activities(step);
  const isImage = step.kind === "image";
  const shown = isImage ? range(maps) : largestFirst(active).slice(0, fit);
  const small = gallery(
    {
      maps: shown,
      height,
      width,
      side,
      paint: (map) => painting(step, map, context).paint,
      caption: (map) => mapName(step, map).replace("map ", ""),
      label: (map) => `${step.title}, ${mapName(step, map)}, mean activity ${three(active[map])}`,
      onChoose: (map) => context.back({ step: step.name, place: strongest(context, step, map) }),
    },
    context.theme,
  );
  const more = maps - shown.length;
  const picture =
    isImage && mapCanvas(thumbnail(height, width, pixelPaint(step.pixels), 2 * side), context.theme);
  return element(
    "div",
    { class: "row" },
    picture,
    small.element,
    more > 0 && element("span", { class: "quiet" }, `and ${more} more`),
  );
}

/**
 * @param {Context} context
 * @param {Step} step
 * @param {number} map
 */
function strongest({ chain }, step, map) {
  const [, height, width] = step.shape;
  const output = { shape: [1, height, width], data: mapOf(step.output, map) };
  return [map, ...brightest(chain, { ...step, output }).slice(1)];
}

/**
 * @param {Step} step
 * @param {import("convscope/kit/colours.js").Theme} theme
 */
function columnPicture(step, theme) {
  const { data } = step.output;
  const { width, height } = data.length <= 64 ? { width: data.length, height: 1 } : layout(data.length);
  const cell = cellSize(width, height, 256, 128, 16);
  return mapCanvas({ height, width, cell, paint: signedPaint(data, step.limit, theme) }, theme);
}
