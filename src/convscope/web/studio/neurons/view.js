/**
 * The pictures that activate each filter and neuron most, and the class that each prefers.
 *
 *     #/neurons?model=...&data=...&part=test&step=convolution_1.relu&unit=3
 *
 * @typedef {import("convscope/studio/answers.js").Unit} Unit
 * @typedef {import("convscope/studio/answers.js").UnitLayer} Step
 * @typedef {import("convscope/studio/answers.js").NeuronSurvey} Survey
 */

import { largestFirst, range, unpackAll } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { choice } from "convscope/kit/choice.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { count } from "convscope/kit/numbers.js";
import { cellSize, mapCanvas, rem } from "convscope/kit/maps.js";
import { theme } from "convscope/kit/theme.js";
import { cut, pixelsOf } from "convscope/kit/receptive.js";
import { Refusal, linesBox, problemBox } from "convscope/kit/problem.js";
import { get } from "convscope/studio/api.js";
import { chooseOne } from "convscope/studio/picking.js";
import { turnTo, walkOf } from "convscope/studio/place.js";
import { filterPicture } from "convscope/walk/filter_picture.js";

const AGAIN = 300; // milliseconds between progress requests
const MOST_BARS = 20;
const FILTER = 8; // side of its picture, in rem
const DIGITS = 3; // after the decimal point of a selectivity
const HARDLY = 0.25; // class selectivity below which no class counts as preferred
/** The CSS object-fit that corresponds to each fit of the network's preparation. */
const OBJECT_FIT = { stretch: "fill", pad: "contain", crop: "cover" };

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root, place) {
  const chosen = await chooseOne(
    root,
    place,
    "Neurons",
    "Which pictures activate a filter or a neuron most, and which class it prefers.",
  );
  if (!chosen) return;
  const { model, data, part } = chosen;
  const body = element("div", { class: "stack" });
  root.append(body);
  const leaving = new AbortController();
  const address = `/api/models/${model.id}/neurons?${new URLSearchParams({ data: data.id, part })}`;
  follow(address, body, leaving.signal, (survey) =>
    body.replaceChildren(...found(survey, model.id, data.id, place)),
  );
  return () => leaving.abort();
}

/**
 * Poll until the survey is complete.
 *
 * @param {string} address
 * @param {HTMLElement} body
 * @param {AbortSignal} signal
 * @param {(survey: Survey) => void} draw
 */
async function follow(address, body, signal, draw) {
  try {
    for (;;) {
      /** @type {Survey} */
      const survey = await get(address);
      if (signal.aborted) return;
      if (survey.state === "done") return draw(survey);
      body.replaceChildren(progress(survey));
      if (survey.state === "failed") return;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  } catch (error) {
    if (!signal.aborted) body.replaceChildren(problemBox(error));
  }
}

/** @param {Survey} survey */
function progress({ state, done, total, error }) {
  if (state === "failed") return linesBox(error.split("\n"));
  const doing = state === "preparing" ? "Preparing the pictures" : "Running the pictures through the network";
  const far = total > 0 ? `${count(done)} of ${count(total)}` : "…";
  return element(
    "p",
    {},
    `${doing}: ${far} `,
    element("progress", { value: done, max: Math.max(1, total), "aria-label": doing }),
  );
}

/**
 * @param {Survey} survey
 * @param {string} model
 * @param {string} data
 * @param {import("convscope/studio/place.js").Place} place
 */
function found(survey, model, data, place) {
  const { options } = place;
  const step = survey.steps.find(({ name }) => name === options.step) ?? lastOfFilters(survey);
  const order = largestFirst(step.units.map(({ selectivity }) => selectivity ?? -1));
  const asked = Number(options.unit ?? NaN);
  const unit = asked in step.units ? asked : order[0];
  const titles = Object.fromEntries(survey.steps.map((one) => [one.name, titleOf(one)]));
  return [
    ...survey.notes.map((note) => element("p", { class: "quiet" }, note)),
    element(
      "p",
      {},
      choice("step", step.name, titles, (name) => turnTo(place, { step: name, unit: "" })),
    ),
    element(
      "p",
      { class: "quiet" },
      `Number, preferred class and class selectivity; the most selective come first. ${activationText(step)}`,
    ),
    element(
      "div",
      { class: "neurons" },
      list(survey, step, order, unit, (other) => turnTo(place, { step: step.name, unit: String(other) })),
      detail(survey, step, unit, model, data),
    ),
  ];
}

/**
 * List all filters or neurons with the class that each prefers, the most selective first.
 *
 * @param {Survey} survey
 * @param {Step} step
 * @param {number[]} order
 * @param {number} current
 * @param {(unit: number) => void} onChoose
 */
function list({ classes }, { name, units }, order, current, onChoose) {
  return element(
    "div",
    { class: "unit-list", role: "group", "aria-label": `what ${name} is made of` },
    order.map((index) =>
      element(
        "button",
        { type: "button", "aria-pressed": String(index === current), click: () => onChoose(index) },
        element("span", { class: "quiet" }, String(index)),
        element("span", {}, classes[units[index].class_index]),
        element("span", { class: "number" }, selectivityText(units[index])),
      ),
    ),
  );
}

/**
 * @param {Survey} survey
 * @param {Step} step
 * @param {number} index
 * @param {string} model
 * @param {string} data
 */
function detail(survey, step, index, model, data) {
  const unit = step.units[index];
  const { classes, pictures } = survey;
  const known = range(classes.length).filter((one) => unit.mean[one] !== null);
  const leading = largestFirst(known.map((one) => unit.mean[one] ?? 0)).slice(0, MOST_BARS);
  const shown = leading.map((at) => known[at]);
  const explanation =
    unit.selectivity === null
      ? "Class selectivity is undefined here: the filter or neuron is never active, or can be negative."
      : `Class selectivity ${selectivityText(unit)}: 0 means equally active for all classes, 1 active for this class alone.`;
  return element(
    "section",
    { class: "stack" },
    element("h2", {}, titleOfUnit(step, index, classes)),
    element("p", { class: "quiet" }, explanation),
    unit.cells ? weightsOf(model, step, index) : null,
    bars(
      shown.map((one) => ({
        label: `${classes[one]} (${count(pictures[one])})`,
        value: unit.mean[one] ?? 0,
      })),
      { caption: "mean activation by class (number of pictures)" },
    ),
    element("h3", {}, "Pictures that activate it most"),
    unit.cells
      ? element("p", { class: "quiet" }, "Outlined: the receptive field of its strongest cell.")
      : null,
    element(
      "div",
      { class: "examples brightest" },
      unit.places.map((place, at) => example(survey, step, unit, at, walkOf(model, data, place), data)),
    ),
  );
}

/**
 * Load the weights of a filter and draw them; steps without weights, such as additions, show nothing.
 *
 * @param {string} model
 * @param {Step} step
 * @param {number} index
 */
function weightsOf(model, step, index) {
  const made = element("figure", { hidden: true });
  const [name] = step.name.split(".");
  const draw = async () => {
    /** @type {{weights: import("convscope/kit/arrays.js").Tensor}} */
    const { weights } = await unpackAll(await get(`/api/models/${model}/filters/${name}/${index}`));
    const [channels, rows, columns] = weights.shape;
    const all = { shape: [1, ...weights.shape], data: weights.data };
    const picture = filterPicture(all, 0, limitOf(weights.data), theme());
    const cell = cellSize(picture.width, picture.height, rem(FILTER), rem(FILTER), rem(1));
    const each = channels > 1 ? `, one tile for each of ${count(channels)} input maps` : "";
    made.replaceChildren(
      mapCanvas({ ...picture, cell }, theme()),
      element("figcaption", {}, `its filter: ${rows} × ${columns} weights${each}`),
    );
    made.hidden = false;
  };
  draw().catch((error) => {
    if (!(error instanceof Refusal)) throw error;
  });
  return made;
}

/**
 * Draw one picture as a link to its walk.
 *
 * @param {Survey} survey
 * @param {Step} step
 * @param {Unit} unit
 * @param {number} at
 * @param {string} href
 * @param {string} data
 */
function example({ shape: [, height, width], fit }, step, { places, values, cells }, at, href, data) {
  const image = element("img", {
    src: `/api/data/${data}/pictures/${places[at]}`,
    alt: `picture ${places[at]}`,
    loading: "lazy",
  });
  Object.assign(image.style, {
    aspectRatio: `${width} / ${height}`,
    objectFit: OBJECT_FIT[fit],
    background: "black",
  });
  const picture = element("span", { class: "drawing" }, image);
  if (cells) {
    const box = element("span", { class: "seen" });
    const seen = cut(pixelsOf(step, cells[at][0], cells[at][1], height, width), height, width);
    Object.assign(box.style, {
      top: `${(100 * seen.top) / height}%`,
      left: `${(100 * seen.left) / width}%`,
      height: `${(100 * seen.height) / height}%`,
      width: `${(100 * seen.width) / width}%`,
    });
    picture.append(box);
  }
  return element("a", { href, class: "example" }, picture, number(values[at]));
}

/** Describe what counts as the activation. @param {Step} step */
function activationText({ name, units }) {
  const [, activation] = name.split(".");
  const after = activation ? ` after ${activation.replace("relu", "ReLU")}` : "";
  return units[0].cells
    ? `A filter's activation is the largest cell of its map${after}.`
    : `A neuron's activation is its number${after}.`;
}

/** @param {Step} step */
function titleOf(step) {
  return `${step.name.split(".")[0].replaceAll("_", " ")}: ${count(step.units.length)} ${step.units[0].cells ? "filters" : "neurons"}`;
}

/**
 * @param {Step} step
 * @param {number} index
 * @param {string[]} classes
 */
function titleOfUnit({ units }, index, classes) {
  const { class_index, selectivity, cells } = units[index];
  const name = `${cells ? "Filter" : "Neuron"} ${index}`;
  if (selectivity !== null && selectivity < HARDLY) return `${name} hardly prefers any class`;
  return `${name} prefers ${classes[class_index]}`;
}

/**
 * Return the last step with maps, whose filters are the most specific, or the first step if there is none.
 *
 * @param {Survey} survey
 */
function lastOfFilters({ steps }) {
  return steps.findLast(({ units }) => units[0].cells) ?? steps[0];
}

/** @param {Unit} unit */
function selectivityText({ selectivity }) {
  return selectivity === null ? "–" : selectivity.toFixed(DIGITS);
}
