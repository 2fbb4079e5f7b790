/**
 * Mistakes: which classes are confused, the pictures behind every number, and labels that are probably wrong.
 *
 * @typedef {import("convscope/studio/answers.js").Figures} Figures
 * @typedef {import("convscope/studio/answers.js").ClassifiedPictures} Answers
 * @typedef {import("convscope/studio/mistakes/tiles.js").Chosen} Chosen
 * @typedef {import("convscope/studio/mistakes/tiles.js").Tile} Tile
 */

import { element, head } from "convscope/kit/dom.js";
import { count, percent } from "convscope/kit/numbers.js";
import { get } from "convscope/studio/api.js";
import { suspects } from "convscope/studio/mistakes/suspects.js";
import { Desk, pictures } from "convscope/studio/mistakes/tiles.js";
import { chooseFor } from "convscope/studio/picking.js";
import { withOptions } from "convscope/studio/place.js";

const LISTS = /** @type {[string, string][]} */ ([
  ["worst", "Most confident mistakes"],
  ["uncertain", "Least certain"],
  ["suspects", "Probably mislabelled"],
]);

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root, place) {
  const chosen = await chooseFor(
    root,
    place,
    "Mistakes",
    "Which classes are confused with which, and the pictures behind every number.",
  );
  if (!chosen) return;
  const {
    models: [model],
    data,
    part,
  } = chosen;
  const asked = { model: model.id, data: data.id, part };
  const [figures, corrections] = await Promise.all([
    get(`/api/models/${model.id}/mistakes?${query(asked)}`),
    get(`/api/data/${data.id}/corrections`),
  ]);
  const corrected = element("p", { class: "quiet", role: "status" });
  const desk = new Desk(asked, corrections, corrected);
  const list = element("section", { class: "stack" });
  root.append(summary(figures), ...matrix(figures, place), links(place), corrected, list);
  return fill(list, place, asked, figures, desk);
}

/** @param {Figures} figures */
function summary({ pictures, correct, accuracy_fraction, accuracy_interval, notes }) {
  const [low, high] = accuracy_interval.map(percent);
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      {},
      `${count(correct)} of ${count(pictures)} pictures are classified correctly: `,
      element("strong", {}, percent(accuracy_fraction)),
      element("span", { class: "quiet" }, ` (95 % confidence interval: ${low} to ${high})`),
    ),
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

/** @param {import("convscope/studio/place.js").Place} place */
function links(place) {
  const now = listOf(place);
  return element(
    "nav",
    { class: "choices", "aria-label": "which pictures" },
    LISTS.map(([list, title]) =>
      element(
        "a",
        {
          href: withOptions(place, { list, truth: "", predicted: "" }),
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
  const cell = { truth: place.options.truth ?? "0", predicted: place.options.predicted ?? "0" };
  const address = `/api/models/${asked.model}/mistakes`;
  const answers =
    wanted === "cell"
      ? await get(`${address}/cell?${query({ ...asked, ...cell })}`)
      : await get(`${address}/pictures?${query({ ...asked, order: wanted })}`);
  const title =
    wanted === "cell"
      ? `${classes[Number(cell.truth)]} predicted as ${classes[Number(cell.predicted)]}`
      : (LISTS.find(([name]) => name === wanted)?.[1] ?? "");
  list.append(...pictures(title, tiles(answers, classes), asked, desk));
}

/**
 * @param {Answers} answers
 * @param {string[]} classes
 * @returns {Tile[]}
 */
function tiles({ places, names, labels, predicted, probabilities }, classes) {
  return places.map((place, row) => ({
    place,
    name: names[row],
    label: classes[labels[row]],
    predicted: classes[predicted[row]],
    confidence: probabilities[row],
    suggestion: "",
  }));
}

/** @param {Record<string, string>} options */
function query({ model: _, ...options }) {
  return new URLSearchParams(options);
}
