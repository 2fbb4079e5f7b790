/**
 * The page of an exported model. The network is part of the page, and no picture leaves it.
 *
 * @typedef {import("convscope/offline/network.js").Model} Model
 * @typedef {{name: string, licence: string, pixel_limit: number, byte_limit: number, worker: string, model: Model}}
 *   Data
 */

import { ClassifyPage } from "convscope/classify/page.js";
import { largestFirst } from "convscope/kit/arrays.js";
import { element } from "convscope/kit/dom.js";
import { topClasses } from "convscope/kit/preview.js";
import { Classifier } from "convscope/offline/classifier.js";
import { openPicture } from "convscope/offline/picture_file.js";
import { checkBytes, checkPixels } from "convscope/offline/size.js";

const MOST_CLASSES = 5;

/**
 * @param {Data} data
 * @param {HTMLElement} root
 */
export function open(data, root) {
  const { name, licence, model } = data;
  const classifier = new Classifier(data.worker, model);
  const opened = async (/** @type {File | ImageBitmap} */ picture) => {
    if (picture instanceof ImageBitmap) return picture;
    checkBytes(picture, data);
    const file = await openPicture(picture);
    await checkPixels(file.blob, data);
    return file;
  };
  const page = new ClassifyPage(root, {
    async classify(picture) {
      const { probabilities, similar, ...answer } = await classifier.classify(await opened(picture));
      const classes = topClasses(model.classes, probabilities, MOST_CLASSES);
      return {
        ...answer,
        classes,
        labels: presentLabels(model, probabilities),
        similar: similar.map(({ label, similarity }) => ({ label: model.classes[label], similarity })),
      };
    },
    atOnce: 1,
    names: () => [element("span", {}, name), element("code", { title: model.network }, model.network)],
    footnote: `The whole network is inside this file: no picture leaves it, and nothing is loaded from the internet.${licence && ` Licence: ${licence}.`}`,
  });
  page.showClasses(model.classes, model.thresholds !== null);
}

/**
 * Return the labels that reach their threshold, most probable first; undefined if the classes exclude each
 * other.
 *
 * @param {Model} model
 * @param {number[]} probabilities
 */
function presentLabels({ classes, thresholds }, probabilities) {
  if (!thresholds) return undefined;
  return largestFirst(probabilities)
    .filter((index) => probabilities[index] >= thresholds[index])
    .map((index) => classes[index]);
}
