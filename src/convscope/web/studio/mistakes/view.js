/**
 * Mistakes: which classes are confused, the pictures behind every number, and labels that are probably wrong.
 *
 * @typedef {import("convscope/studio/answers.js").Figures} Figures
 * @typedef {import("convscope/studio/answers.js").ClassifiedPictures} Answers
 * @typedef {import("convscope/studio/mistakes/tiles.js").Chosen} Chosen
 * @typedef {import("convscope/studio/mistakes/tiles.js").Tile} Tile
 */

import { element, head } from "convscope/kit/dom.js";
import { count, percent, three } from "convscope/kit/numbers.js";
import { get } from "convscope/studio/api.js";
import { KINDS, labelTable } from "convscope/studio/mistakes/label_table.js";
import { suspects } from "convscope/studio/mistakes/suspects.js";
import { Desk, pictures } from "convscope/studio/mistakes/tiles.js";
import { chooseOne } from "convscope/studio/picking.js";
import { withOptions } from "convscope/studio/place.js";

const LISTS = /** @type {[string, string][]} */ ([
  ["worst", "Most confident mistakes"],
  ["uncertain", "Least certain"],
  ["suspects", "Probably mislabelled"],
]);

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root, place) {
  const chosen = await chooseOne(
    root,
    place,
    "Mistakes",
    "Which classes are confused with which, and the pictures behind every number.",
  );
  if (!chosen) return;
  const { model, data, part } = chosen;
  const asked = { model: model.id, data: data.id, part };
  const [figures, corrections] = await Promise.all([
    get(`/api/models/${model.id}/mistakes?${query(asked)}`),
    get(`/api/data/${data.id}/corrections`),
  ]);
  const corrected = element("p", { class: "quiet", role: "status" });
  const desk = new Desk(asked, corrections, corrected);
  const list = element("section", { class: "stack" });
  const tables = figures.labels ? labelTable(figures, place) : matrix(figures, place);
  root.append(summary(figures), ...tables, links(place, figures), corrected, list);
  return fill(list, place, asked, figures, desk);
}

/** @param {Figures} figures */
function summary({
  pictures,
  correct,
  accuracy_fraction,
  accuracy_interval,
  mean_average_precision,
  labels,
  notes,
}) {
  const [low, high] = accuracy_interval.map(percent);
  const how = labels ? "have all labels right" : "are classified correctly";
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      {},
      `${count(correct)} of ${count(pictures)} pictures ${how}: `,
      element("strong", {}, percent(accuracy_fraction)),
      element("span", { class: "quiet" }, ` (95 % confidence interval: ${low} to ${high})`),
    ),
    mean_average_precision !== null &&
      element("p", {}, "Mean average precision: ", element("strong", {}, three(mean_average_precision))),
    notes.map((note) => element("p", { class: "quiet" }, note)),
  );
}

/**
 * @param {Figures} figures
 * @param {import("convscope/studio/place.js").Place} place
 */
function matrix({ classes, confusion }, place) {
  const most = Math.max(
    ...confusion.flatMap((row, truth) => row.filter((_, predicted) => predicted !== truth)),
    1,
  );
  const cell = (/** @type {number} */ n, /** @type {number} */ truth, /** @type {number} */ predicted) => {
    if (!n) return element("td", {}, element("span", { class: "quiet" }, "0"));
    const wrong = truth !== predicted;
    const link = element(
      "a",
      {
        href: withOptions(place, { list: "cell", truth: String(truth), predicted: String(predicted) }),
        "aria-label": `${n} of ${classes[truth]} predicted as ${classes[predicted]}`,
      },
      count(n),
    );
    const made = element("td", { class: wrong ? "wrong" : "right" }, link);
    if (wrong) made.style.setProperty("--share", `${Math.round((60 * n) / most)}%`);
    return made;
  };
  const table = element(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": "confusion matrix" },
    element(
      "table",
      { class: "confusion" },
      head(["label ↓ prediction →", ...classes]),
      element(
        "tbody",
        {},
        confusion.map((row, truth) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, classes[truth]),
            row.map((n, predicted) => cell(n, truth, predicted)),
          ),
        ),
      ),
    ),
  );
  return [
    element(
      "p",
      { class: "quiet" },
      "One row per label, one column per predicted class. Choose a number to see its pictures.",
    ),
    table,
  ];
}

/**
 * Link to the lists of pictures. The search for wrong labels needs pictures with a single label.
 *
 * @param {import("convscope/studio/place.js").Place} place
 * @param {Figures} figures
 */
function links(place, { labels }) {
  const now = listOf(place);
  const lists = LISTS.filter(([list]) => !labels || list !== "suspects");
  return element(
    "nav",
    { class: "choices", "aria-label": "which pictures" },
    lists.map(([list, title]) =>
      element(
        "a",
        {
          href: withOptions(place, { list, truth: "", predicted: "", label: "" }),
          "aria-current": list === now ? "true" : null,
        },
        title,
      ),
    ),
  );
}

/** @param {import("convscope/studio/place.js").Place} place */
function listOf(place) {
  return place.options.list ?? "worst";
}

/**
 * @param {HTMLElement} list
 * @param {import("convscope/studio/place.js").Place} place
 * @param {Chosen} asked
 * @param {Figures} figures
 * @param {Desk} desk
 */
async function fill(list, place, asked, { classes }, desk) {
  const wanted = listOf(place);
  if (wanted === "suspects") return suspects(list, asked, desk);
  const address = `/api/models/${asked.model}/mistakes`;
  const { truth = "0", predicted = "0", label = "0" } = place.options;
  if (wanted === "cell") {
    const answers = await get(`${address}/cell?${query({ ...asked, truth, predicted })}`);
    const title = `${classes[Number(truth)]} predicted as ${classes[Number(predicted)]}`;
    return list.append(...pictures(title, tiles(answers), asked, desk));
  }
  if (wanted in KINDS) {
    const answers = await get(`${address}/label?${query({ ...asked, label, kind: wanted })}`);
    return list.append(
      ...pictures(
        `${classes[Number(label)]} ${KINDS[wanted]}, with its probability`,
        tiles(answers),
        asked,
        desk,
      ),
    );
  }
  const answers = await get(`${address}/pictures?${query({ ...asked, order: wanted })}`);
  const title = LISTS.find(([name]) => name === wanted)?.[1] ?? "";
  list.append(...pictures(title, tiles(answers), asked, desk));
}

/**
 * @param {Answers} answers
 * @returns {Tile[]}
 */
function tiles({ places, names, labels, predicted, probabilities }) {
  return places.map((place, row) => ({
    place,
    name: names[row],
    label: labels[row],
    predicted: predicted[row],
    confidence: probabilities[row],
    suggestion: "",
  }));
}

/** @param {Record<string, string>} options */
function query({ model: _, ...options }) {
  return new URLSearchParams(options);
}
