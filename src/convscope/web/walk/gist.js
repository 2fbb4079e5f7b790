/**
 * A summary of the network in three steps: early, middle and late maps, the receptive field of each, and the
 * prediction.
 *
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/chain.js").Step} Step
 */

import { largestFirst } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { outlineBox } from "convscope/kit/board.js";
import { element, link } from "convscope/kit/dom.js";
import { mapCanvas, pixelPaint, rem, thumbnail } from "convscope/kit/maps.js";
import { format } from "convscope/kit/address.js";
import { pixelsOf } from "convscope/kit/receptive.js";
import { activities, hasMaps, probabilityStep, stepOfKind } from "convscope/walk/chain.js";
import { painting } from "convscope/walk/painting.js";
import { stepThumbnail } from "convscope/walk/step_thumbnail.js";
import { answerOf } from "convscope/walk/truth.js";

const SIDE = 3.5; // of a map, in rem
const PICTURE = 6; // of the picture, in rem
const SHOWN = 3; // maps per step
const MOST_CLASSES = 3;

const PARTS = [
  { name: "Early", says: "Early maps usually respond to edges and colours." },
  { name: "Middle", says: "Those in between usually respond to textures and parts." },
  { name: "Late", says: "Late maps usually respond to what distinguishes the classes." },
];

/**
 * Draw the summary, or return null if the network has fewer than three steps to show.
 *
 * @param {Context} context
 */
export function gist(context) {
  const { chain } = context;
  const steps = telling(chain);
  const last = probabilityStep(chain);
  if (steps.length < PARTS.length || !last) return null;
  const picked = [steps[0], steps[Math.floor(steps.length / 2)], steps[steps.length - 1]];
  const order = largestFirst(last.output.data).slice(0, MOST_CLASSES);
  const shares = order.map((index) => ({ label: chain.classes[index], value: last.output.data[index] }));
  const answer = answerOf(chain);
  return element(
    "ol",
    { class: "gist" },
    PARTS.map((part, place) => card(context, part, picked[place])),
    element(
      "li",
      {},
      element("h2", {}, "Answer"),
      bars(shares, {
        caption: "probabilities",
        shares: true,
        answers: order.map((index) => answer.includes(index)),
      }),
      element(
        "p",
        { class: "quiet" },
        "For each class, the last layers compute a weighted sum of all late maps.",
      ),
    ),
  );
}

/**
 * Return the activation steps whose maps have more than one cell.
 *
 * @param {Context["chain"]} chain
 */
function telling({ steps }) {
  return steps.filter(
    (step) => ["relu", "relu6"].includes(step.kind) && hasMaps(step) && step.shape[1] * step.shape[2] > 1,
  );
}

/**
 * @param {Context} context
 * @param {{name: string, says: string}} part
 * @param {Step} step
 */
function card({ chain, state, theme }, { name, says }, step) {
  const [maps, height, width] = step.shape;
  const [, pictureHeight, pictureWidth] = chain.steps[0].shape;
  const field = pixelsOf(
    step.receptive_field,
    Math.floor(height / 2),
    Math.floor(width / 2),
    pictureHeight,
    pictureWidth,
  );
  return element(
    "li",
    {},
    element(
      "h2",
      {},
      `${name}: `,
      link(format({ ...state, trail: [{ step: step.name, place: [] }] }), `after ${step.sources[0].short}`),
    ),
    element(
      "div",
      { class: "gist-pictures" },
      pictureWith(chain, field, theme),
      strongestMaps(chain, state, theme, step),
    ),
    element(
      "p",
      { class: "quiet" },
      `${maps} maps of ${height} × ${width}. One number sees ${field.height} × ${field.width} pixels. ${says}`,
    ),
  );
}

/**
 * @param {Context["chain"]} chain
 * @param {import("convscope/kit/receptive.js").Rectangle} field
 * @param {Context["theme"]} theme
 */
function pictureWith(chain, field, theme) {
  const image = stepOfKind(chain, "image");
  if (!image) return null;
  const [, height, width] = image.shape;
  const drawn = thumbnail(height, width, pixelPaint(image.pixels), rem(PICTURE));
  const outline = outlineBox("input", field, { ...drawn, cell: drawn.cell / drawn.step });
  return element("div", { class: "board" }, mapCanvas(drawn, theme), outline);
}

/**
 * Draw the most active maps of a step, or its preview if its numbers have not been loaded.
 *
 * @param {Context["chain"]} chain
 * @param {Context["state"]} state
 * @param {Context["theme"]} theme
 * @param {Step} step
 */
function strongestMaps(chain, state, theme, step) {
  if (step.preview) return [stepThumbnail(step, theme, rem(PICTURE))];
  const [, height, width] = step.shape;
  const own = { chain, theme, state: { ...state, options: { ...state.options, scale: "own" } } };
  return largestFirst(activities(step))
    .slice(0, SHOWN)
    .map((map) => mapCanvas(thumbnail(height, width, painting(step, map, own).paint, rem(SIDE)), theme));
}
