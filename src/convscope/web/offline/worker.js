/**
 * A web worker that classifies, so that the page stays responsive. It expects the model first, then pictures,
 * and answers them in order.
 *
 * @typedef {import("convscope/offline/picture_file.js").PictureFile} PictureFile
 * @typedef {{probabilities: number[], isUnknown: boolean, similar: import("convscope/offline/open_set.js").Known[],
 *   pixels: import("convscope/kit/arrays.js").Tensor, milliseconds: number, note: string}} Answer
 * @typedef {{answer?: Answer, problem?: string}} Message
 */

import { LAST_STEPS, open } from "convscope/offline/network.js";
import { decode, picture } from "convscope/offline/pixels.js";
import { prepare } from "convscope/offline/preparation.js";
import { open as openRule } from "convscope/offline/open_set.js";

const DECODED_IN_FULL =
  "decoded at full size; convscope predict scales large JPEGs as it decodes them, and may differ slightly";

/** @type {Promise<(source: PictureFile | ImageBitmap) => Promise<Answer>>} */
let ready;
let last = Promise.resolve();

addEventListener("message", ({ data }) => {
  if (!ready) ready = begin(data);
  else last = last.then(() => answer(data));
});

/** @param {import("convscope/offline/network.js").Model} model */
async function begin(model) {
  const network = await open(model);
  const judge = model.open_set ? openRule(model.open_set) : () => ({ isUnknown: false, similar: [] });
  return async (/** @type {PictureFile | ImageBitmap} */ source) => {
    const start = performance.now();
    const isFrame = source instanceof ImageBitmap;
    const { bitmap, note } = isFrame ? { bitmap: source, note: "" } : await decode(source);
    const upright = picture(bitmap, isFrame ? 1 : source.orientation);
    const isJpeg = !isFrame && source.blob.type === "image/jpeg";
    const remarks = [note, isJpeg && isLarge(upright, model.preparation) && DECODED_IN_FULL];
    const prepared = prepare(upright, model.preparation);
    bitmap.close();
    const { features, logits } = network(prepared);
    return {
      probabilities: LAST_STEPS[model.last_step](logits),
      ...judge(features, logits),
      pixels: channelsFirst(prepared, model.preparation),
      milliseconds: performance.now() - start,
      note: remarks.filter(Boolean).join("; "),
    };
  };
}

/**
 * Whether `convscope predict` would let the JPEG codec scale the picture down while decoding, to at least
 * twice the input size.
 *
 * @param {{width: number, height: number}} picture
 * @param {import("convscope/offline/preparation.js").Preparation} preparation
 */
function isLarge({ width, height }, preparation) {
  return Math.min(width, height) >= 4 * Math.max(preparation.height, preparation.width);
}

/**
 * Return the prepared pixels with channels first.
 *
 * @param {Uint8Array} prepared  height x width x channels
 * @param {import("convscope/offline/preparation.js").Preparation} preparation
 * @returns {import("convscope/kit/arrays.js").Tensor}
 */
function channelsFirst(prepared, { channels, height, width }) {
  const size = height * width;
  const data = prepared.map((_, place) => prepared[(place % size) * channels + Math.floor(place / size)]);
  return { shape: [channels, height, width], data };
}

/** @param {PictureFile | ImageBitmap} source */
async function answer(source) {
  /** @type {Message} */
  let message;
  try {
    message = { answer: await (await ready)(source) };
  } catch (error) {
    message = { problem: error instanceof Error ? error.message : String(error) };
  }
  postMessage(message);
}
