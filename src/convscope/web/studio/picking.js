/**
 * Choosing a model, pictures, and which part of them to look at. What is chosen stands in the address.
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

/** What is open. @returns {Promise<{models: Open[], data: Open[]}>} */
export async function whatIsOpen() {
  const [{ models }, { data }] = await Promise.all([get("/api/models"), get("/api/data")]);
  return { models, data };
}

/**
 * Heads a view of one or two models on some pictures: its title, what it is for, and the choices.
 *
 * @param {HTMLElement} root
 * @param {import("convscope/studio/place.js").Place} place
 * @param {string} title
 * @param {string} says
 * @param {Record<string, string>} [asked]  the options that name models, and what they are called
 * @returns {Promise<{models: Open[], data: Open, part: string} | null>}  null where no model is open
 */
export async function chooseFor(root, place, title, says, asked = { model: "model" }) {
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
    without: at ? [] : ["data"], // another model has learned from other pictures
  }));
  const lasting = [...names, "data", "part"]; // what else is chosen belongs to what is shown now
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
 * The pictures that the address chooses; else the first whose classes the model knows: of those that were named as the
 * studio began, then those that it was trained on, then all others.
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
 * Selects that turn to the address with the new choice in it.
 *
 * @param {import("convscope/studio/place.js").Place} place
 * @param {{name: string, label: string, chosen: string, options: Record<string, string>, without?: string[]}[]}
 *   choices  without: further options that a new choice takes away
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
 * What the address chooses among the open ones, else the first; undefined if there is none.
 *
 * @param {Open[]} open
 * @param {string | undefined} id
 * @param {number} [otherwise]  place of the one that is taken where nothing is chosen
 */
export function chosen(open, id, otherwise = 0) {
  return open.find((one) => one.id === id) ?? open[otherwise] ?? open[0];
}

/**
 * Names by id, for a select; of equal names the later ones have their id beside them.
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

/** What to do where no model is open yet. */
function noModel() {
  return element(
    "p",
    {},
    "There is no model yet. ",
    element("a", { href: addressOf("train") }, "Train one"),
    " (the built-in digits take less than a minute), or start the studio with a model file.",
  );
}
