/**
 * Sends pictures to this service and shows what it answers. The token stays in this page's memory.
 *
 * @typedef {{title: string, status: number, detail?: string, why?: string, remedy?: string}} Problem
 * @typedef {{picture: string, unknown?: boolean, classes?: {class: string, probability: number}[], problem?: Problem}} Predicted
 */

const AT_ONCE = 4; // each in a request of its own, so that a limit on one is none on all together
const OF_THE_PICTURE = [413, 422]; // what is wrong concerns one picture: the others are asked about anyway

/** A problem that the service tells of. */
class Refused extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(told(problem));
    this.problem = problem;
  }
}

const drop = byId("drop", HTMLDivElement);
const files = byId("files", HTMLInputElement);
const model = byId("model", HTMLSelectElement);
const entry = byId("entry", HTMLFormElement);
const token = byId("token", HTMLInputElement);
const answers = byId("answers", HTMLOListElement);

/** @type {Map<string, string[]>} the classes of each model */
let known = new Map();

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {string} text */
function say(text) {
  byId("status", HTMLParagraphElement).textContent = text;
}

/**
 * Ask the service; what is no success is thrown as the problem it tells of.
 *
 * @param {string} address
 * @param {RequestInit} [request]
 */
async function ask(address, request = {}) {
  /** @type {Record<string, string>} */
  const headers = token.value ? { authorization: `Bearer ${token.value}` } : {};
  const response = await fetch(address, { ...request, headers });
  const content = await response.json();
  if (response.status === 401) entry.hidden = false;
  if (!response.ok) throw new Refused(content);
  return content;
}

/** @param {Problem} problem */
function told({ title, detail, why, remedy }) {
  return [detail ?? title, why, remedy].filter(Boolean).join(" · ");
}

async function showModels() {
  try {
    const { models } = await ask("models");
    known = new Map(
      models.map((/** @type {{name: string, classes: string[]}} */ one) => [one.name, one.classes]),
    );
    model.replaceChildren(...[...known.keys()].map((name) => new Option(name)));
    entry.hidden = true;
    say("");
    showClasses();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

function showClasses() {
  const names = known.get(model.value) ?? [];
  const shown = names.slice(0, 20).join(", ");
  byId("classes", HTMLParagraphElement).textContent = names.length > 20 ? `${shown}, ...` : shown;
}

/** @param {Iterable<File>} pictures */
async function predict(pictures) {
  const waiting = [...pictures];
  while (waiting.length) {
    say(`${waiting.length} to go`);
    const some = waiting.splice(0, AT_ONCE);
    try {
      const found = await Promise.all(some.map(predictOne));
      some.forEach((picture, place) => answers.prepend(item(picture, found[place])));
      say("");
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
      return;
    }
  }
}

/**
 * @param {File} picture
 * @returns {Promise<Predicted>}
 */
async function predictOne(picture) {
  const form = new FormData();
  form.append("picture", picture);
  try {
    const address = `models/${encodeURIComponent(model.value)}/predict`;
    const { predictions } = await ask(address, { method: "POST", body: form });
    return predictions[0];
  } catch (error) {
    if (error instanceof Refused && OF_THE_PICTURE.includes(error.problem.status)) {
      return { picture: picture.name, problem: error.problem };
    }
    throw error;
  }
}

/**
 * @param {File} picture
 * @param {Predicted} predicted
 */
function item(picture, { picture: name, unknown, classes, problem }) {
  const image = classes ? element("img", { alt: "", src: URL.createObjectURL(picture) }) : "";
  const content = classes ? bars(classes) : element("p", { class: "quiet" }, problem ? told(problem) : "");
  const doubt = unknown
    ? element("p", { class: "doubt" }, "Unknown: unlike what the network learned from.")
    : "";
  return element("li", {}, image, element("div", {}, element("h2", {}, name), doubt, content));
}

/** @param {{class: string, probability: number}[]} classes */
function bars(classes) {
  const rows = classes.flatMap(({ class: name, probability }) => {
    const share = `${(100 * probability).toFixed(1)} %`;
    const meter = element("meter", { value: String(probability), "aria-hidden": "true" });
    return [
      element("dt", {}, name),
      element("dd", {}, share),
      element("dd", { "aria-hidden": "true" }, meter),
    ];
  });
  return element("dl", {}, ...rows);
}

/**
 * Text goes in as text: no name is ever read as HTML.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

files.addEventListener("change", () => {
  predict(files.files ?? []);
  files.value = "";
});
model.addEventListener("change", showClasses);
entry.addEventListener("submit", (event) => {
  event.preventDefault();
  showModels();
});
document.addEventListener("paste", (event) => predict(event.clipboardData?.files ?? []));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  predict(event.dataTransfer?.files ?? []);
});

showModels();
