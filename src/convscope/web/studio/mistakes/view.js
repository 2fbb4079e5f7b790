/**
 * Mistakes: which classes are confused, the pictures behind every number, and labels that are probably wrong.
 *
 * @typedef {import("convscope/studio/answers.js").Figures} Figures
 * @typedef {import("convscope/studio/answers.js").ClassifiedPictures} Answers
 * @typedef {import("convscope/studio/answers.js").Corrections} Corrections
 * @typedef {import("convscope/studio/answers.js").LabelSuspects} Suspects
 *
 * @typedef {{model: string, data: string, part: string}} Chosen
 * @typedef {{place: number, name: string, label: string, predicted: string, confidence: number, suggestion: string}} Tile
 *   suggestion: the label to accept at a touch, if any
 */

import { element, head } from "convscope/kit/dom.js";
import { count, duration, percent } from "convscope/kit/numbers.js";
import { linesBox, problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { chooseFor } from "convscope/studio/picking.js";
import { walkOf, withOptions } from "convscope/studio/place.js";
import { pictureList, thumbnail } from "convscope/studio/picture_list.js";

const LOOK_MILLISECONDS = 1000;
// of a tile, times the text's size; with a button it is higher
const TILE_HEIGHT = 12;
const SUSPECT_HEIGHT = 14.5;
const LISTS = /** @type {[string, string][]} */ ([
  ["worst", "Most confident mistakes"],
  ["uncertain", "Least certain"],
  ["suspects", "Probably mislabelled"],
]);

const READ =
  "Each tile shows the prediction, then the picture's label: choose another label to correct it. Click a picture to walk through it.";

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

/** Corrections: read once, changed by whoever picks another class. */
class Desk {
  /**
   * @param {Chosen} asked
   * @param {Corrections} corrections
   * @param {HTMLElement} status
   */
  constructor(asked, corrections, status) {
    this.asked = asked;
    this.status = status;
    this.take(corrections);
  }

  /** @param {Corrections} corrections */
  take({ manifest, classes, corrections }) {
    this.classes = classes;
    this.corrected = new Map(corrections.map(({ place, corrected }) => [place, corrected]));
    const size = this.corrected.size;
    this.status.textContent = size
      ? `${count(size)} ${size === 1 ? "picture" : "pictures"} relabelled in ${manifest}, which you can train on; your own pictures stay as they are.`
      : "";
  }

  /**
   * @param {number} place
   * @param {string} label
   */
  async put(place, label) {
    try {
      this.take(await post(`/api/data/${this.asked.data}/corrections/${place}`, { label }, "PUT"));
    } catch (error) {
      this.status.replaceChildren(problemBox(error));
    }
  }
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
      element("span", { class: "quiet" }, ` (95 % interval ${low} to ${high})`),
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

/**
 * @param {string} title
 * @param {Tile[]} tiles
 * @param {Chosen} asked
 * @param {Desk} desk
 * @param {number} [height]  of a tile
 */
function pictures(title, tiles, asked, desk, height = TILE_HEIGHT) {
  const amount = tiles.length === 1 ? "1 picture" : `${count(tiles.length)} pictures`;
  return [
    element("h2", {}, `${title}: ${amount}`),
    tiles.length ? element("p", { class: "quiet" }, READ) : "",
    tiles.length ? pictureList(tiles.length, (index) => tile(tiles[index], asked, desk), title, height) : "",
  ];
}

/**
 * @param {Tile} tile
 * @param {Chosen} asked
 * @param {Desk} desk
 */
function tile({ place, name, label, predicted, confidence, suggestion }, asked, desk) {
  const now = desk.corrected?.get(place) ?? label;
  const classes = desk.classes ?? [];
  const select = element(
    "select",
    { "aria-label": `label of ${name}`, change: () => desk.put(place, select.value) },
    classes.map((one) => element("option", { value: one, selected: one === now }, one)),
  );
  /** @param {Event} event */
  const accept = (event) => {
    select.value = suggestion;
    desk.put(place, suggestion);
    select.focus();
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.remove();
  };
  return element(
    "div",
    { class: "picture" },
    element("a", { href: walkOf(asked.model, asked.data, place) }, thumbnail(asked.data, place, name)),
    element(
      "span",
      { class: predicted === label ? "prediction" : "prediction mistaken", title: predicted },
      element("strong", {}, predicted),
      element("span", {}, percent(confidence)),
    ),
    element("span", { class: "label" }, "label ", select),
    suggestion && now !== suggestion
      ? element(
          "button",
          { type: "button", click: accept, "aria-label": `relabel ${name} as ${suggestion}` },
          `relabel as ${suggestion}`,
        )
      : null,
  );
}

/**
 * Looks for labels that are probably wrong, which takes five trainings in a process of its own.
 *
 * @param {HTMLElement} list
 * @param {Chosen} asked
 * @param {Desk} desk
 */
async function suspects(list, asked, desk) {
  const address = `/api/data/${asked.data}/suspects`;
  const bar = element("progress", { max: 1, "aria-label": "how much is done" });
  const status = element("p", { role: "status" });
  /** @type {number | undefined} */
  let timer;
  let shown = "";
  const ask = async (/** @type {Promise<Suspects>} */ answer) => {
    clearTimeout(timer);
    try {
      const found = await answer;
      const { progress } = found;
      status.textContent = progress ? `${duration(progress.remaining_seconds)} left` : "starting";
      if (progress) bar.value = progress.done_fraction;
      else bar.removeAttribute("value");
      if (shown !== (shown = found.state)) list.replaceChildren(...drawn(found)); // its button keeps the keyboard
      if (found.state === "running" && list.isConnected)
        timer = setTimeout(() => ask(get(address)), LOOK_MILLISECONDS);
    } catch (error) {
      shown = "";
      list.replaceChildren(problemBox(error));
    }
  };
  const button = (/** @type {string} */ title, /** @type {string} */ method) =>
    element("button", { type: "button", click: () => ask(post(address, {}, method)) }, title);
  const drawn = (/** @type {Suspects} */ { state, error, suspects: found }) => {
    const why = element(
      "p",
      { class: "quiet" },
      "A model repeats the wrong labels that it was trained on. So five models are trained, each on four fifths of all pictures, and classify the rest (cross-validation).",
    );
    switch (state) {
      case "not started":
        return [element("h2", {}, "Probably mislabelled"), why, button("Find mislabelled pictures", "POST")];
      case "running":
        return [element("h2", {}, "Probably mislabelled"), why, bar, status, button("Stop", "DELETE")];
      case "failed":
        return [
          element("h2", {}, "Probably mislabelled"),
          linesBox(error.split("\n")),
          button("Try again", "POST"),
        ];
      case "done":
        return pictures(
          "Probably mislabelled",
          found.map((one) => ({
            place: one.place,
            name: one.picture,
            label: one.label,
            predicted: one.predicted,
            confidence: one.probability,
            suggestion: one.predicted,
          })),
          asked,
          desk,
          SUSPECT_HEIGHT,
        );
    }
  };
  await ask(get(address));
  return () => clearTimeout(timer);
}

/** @param {Record<string, string>} options */
function query({ model: _, ...options }) {
  return new URLSearchParams(options);
}
