/**
 * Choose a model, pictures and a split. The choice is stored in the address.
 *
 * @typedef {import("convscope/studio/answers.js").OpenModel | import("convscope/studio/answers.js").OpenData} Open
 */

import { choice } from "convscope/kit/choice.js";
import { element } from "convscope/kit/dom.js";
import { get } from "convscope/studio/api.js";
import { addressOf, turnTo } from "convscope/studio/place.js";

const PARTS = {
  test: "test pictures",
  validation: "validation pictures",
  train: "training pictures",
  all: "all pictures",
};

/** Return the open models and data. @returns {Promise<{models: Open[], data: Open[]}>} */
export async function whatIsOpen() {
  const [{ models }, { data }] = await Promise.all([get("/api/models"), get("/api/data")]);
  return { models, data };
}

/**
 * Draw the head of a view of one or two models on some pictures: title, purpose and choices.
 *
 * @param {HTMLElement} root
 * @param {import("convscope/studio/place.js").Place} place
 * @param {string} title
 * @param {string} says
 * @param {Record<string, string>} asked  options that name models, and their labels
 * @returns {Promise<{models: Open[], data: Open, part: string} | null>}  null if no model is open
 */
export async function chooseFor(root, place, title, says, asked) {
  const { models, data } = await whatIsOpen();
  root.append(
    element("div", { class: "lesson" }, element("h1", {}, title), element("p", {}, says)),
    models.length ? "" : noModel(),
  );
  if (!models.length) return null;
  const names = Object.keys(asked);
  const found = names.map((name, at) => chosen(models, place.options[name], at));
  const source = await dataFor(found[0], data, place.options.data);
  const part = place.options.part ?? "test";
  const choices = names.map((name, at) => ({
    name,
    label: asked[name],
    chosen: found[at].id,
    options: named(models),
    without: at ? [] : ["data"], // another model was trained on other pictures
  }));
  const lasting = [...names, "data", "part"]; // other options refer to the current choice
  const options = Object.fromEntries(
    Object.entries(place.options).filter(([name]) => lasting.includes(name)),
  );
  root.append(
    picker({ ...place, options }, [
      ...choices,
      { name: "data", label: "pictures", chosen: source.id, options: named(data) },
      { name: "part", label: "split", chosen: part, options: PARTS },
    ]),
  );
  return { models: found, data: source, part };
}

/**
 * Draw the head of a view of one model on some pictures.
 *
 * @param {HTMLElement} root
 * @param {import("convscope/studio/place.js").Place} place
 * @param {string} title
 * @param {string} says
 * @returns {Promise<{model: Open, data: Open, part: string} | null>}  null if no model is open
 */
export async function chooseOne(root, place, title, says) {
  const found = await chooseFor(root, place, title, says, { model: "model" });
  return found && { model: found.models[0], data: found.data, part: found.part };
}

/**
 * Return the pictures chosen in the address. By default, the first whose classes the model knows: first among
 * those given when the studio was started, then those it was trained on, then all others.
 *
 * @param {Open} model
 * @param {Open[]} data
 * @param {string} [id]
 */
export async function dataFor(model, data, id) {
  if (id !== undefined) return chosen(data, id);
  const { classes, data: learned } = await get(`/api/models/${model.id}`);
  const rank = (/** @type {Open} */ one) =>
    model.origin === "given" && one.origin === "given" ? 0 : one.id === learned ? 1 : 2;
  for (const one of [...data].sort((a, b) => rank(a) - rank(b))) {
    const found = await get(`/api/data/${one.id}`);
    if (found.classes.every((/** @type {{name: string}} */ { name }) => classes.includes(name))) return one;
  }
  return chosen(data, learned);
}

/**
 * Create drop-down lists that change an option in the address.
 *
 * @param {import("convscope/studio/place.js").Place} place
 * @param {{name: string, label: string, chosen: string, options: Record<string, string>, without?: string[]}[]}
 *   choices  without: options removed by a new choice
 */
export function picker(place, choices) {
  return element(
    "p",
    { class: "choices" },
    choices.map(({ name, label, chosen, options, without = [] }) =>
      choice(label, chosen, options, (value) =>
        turnTo(place, { ...Object.fromEntries(without.map((other) => [other, ""])), [name]: value }),
      ),
    ),
  );
}

/**
 * Return the open one whose id is in the address, otherwise a default; undefined if none is open.
 *
 * @param {Open[]} open
 * @param {string | undefined} id
 * @param {number} [otherwise]  index of the default
 */
export function chosen(open, id, otherwise = 0) {
  return open.find((one) => one.id === id) ?? open[otherwise] ?? open[0];
}

/**
 * Return names by id, for a drop-down list. Duplicate names are followed by their id.
 *
 * @param {Open[]} open
 */
export function named(open) {
  const seen = new Set();
  return Object.fromEntries(
    open.map(({ id, name }) => {
      const shown = seen.has(name) ? `${name} (${id})` : name;
      seen.add(name);
      return [id, shown];
    }),
  );
}

/** Explain what to do if no model is open. */
function noModel() {
  return element(
    "p",
    {},
    "There is no model yet. ",
    element("a", { href: addressOf("train") }, "Train one"),
    " (the built-in digits take less than a minute), or start the studio with a model file.",
  );
}
