/**
 * Choose pictures: an open source, a path, an archive, or a collection made here.
 *
 * @typedef {import("convscope/studio/answers.js").DataSummary} DataFacts
 * @typedef {import("convscope/studio/answers.js").OpenData} OpenData
 */

import { element } from "convscope/kit/dom.js";
import { count, shapeText } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { collector } from "convscope/studio/data/collector.js";
import { fileButton, takeDropped } from "convscope/kit/files.js";
import { addressOf } from "convscope/studio/place.js";

const ORIGINS = new Map([
  ["built-in", "built in"],
  ["given", "on this machine"],
  ["collected", "collected here"],
  ["sent", "uploaded"],
]);

/**
 * Create the controls.
 *
 * @param {string} wanted  id selected initially
 * @param {(facts: DataFacts | null) => void} onFacts  called with null as long as there is nothing to train
 *   on
 */
export async function dataChoice(wanted, onFacts) {
  const select = element("select", { change: () => show() });
  const shown = element("div", { class: "stack" });
  const trouble = element("div", {});
  const collecting = element("div", {});
  /**
   * @type {{id: string, collector: ReturnType<typeof collector>} | null}  kept, so that its camera stays on
   *   while pictures are added
   */
  let current = null;
  let turn = 0;
  /** @type {OpenData[]} */
  let open = [];

  /** @param {string} id */
  async function list(id) {
    open = (await get("/api/data")).data;
    const title = (/** @type {OpenData} */ { name, origin }) => `${name} (${ORIGINS.get(origin) ?? origin})`;
    select.replaceChildren(...open.map((one) => new Option(title(one), one.id, false, one.id === id)));
    show();
  }

  /**
   * Return the collector of the selected source, or null if it was not collected here.
   *
   * @param {OpenData} one
   */
  function collectorOf({ id, origin }) {
    if (current?.id === id) return current.collector;
    current?.collector.end();
    current = origin === "collected" ? { id, collector: collector(id, () => show()) } : null;
    collecting.replaceChildren(...(current ? [current.collector.element] : []));
    return current?.collector ?? null;
  }

  async function show() {
    const mine = ++turn;
    const one = open.find(({ id }) => id === select.value);
    onFacts(null);
    if (!one) return;
    const collect = collectorOf(one);
    try {
      if (collect) {
        const { classes } = await get(`/api/collections/${one.id}`);
        if (mine !== turn) return;
        collect.know(Object.keys(classes));
        if (Object.values(classes).filter(Boolean).length < 2) return shown.replaceChildren(begun());
      }
      const facts = await get(`/api/data/${one.id}`);
      if (mine !== turn) return;
      shown.replaceChildren(summary(facts));
      onFacts(facts);
    } catch (error) {
      if (mine === turn) shown.replaceChildren(problemBox(error));
    }
  }

  /** @param {Promise<OpenData>} adding */
  async function add(adding) {
    trouble.replaceChildren();
    try {
      await list((await adding).id);
    } catch (error) {
      trouble.replaceChildren(problemBox(error));
    }
  }

  await list(wanted);
  const leaving = new AbortController();
  takeDropped(window, ([file]) => file && add(sent(file)), { signal: leaving.signal });
  return {
    element: element(
      "div",
      { class: "stack" },
      element("label", { class: "fields" }, "Pictures ", select),
      element("details", {}, element("summary", {}, "Use other pictures"), others(add)),
      trouble,
      shown,
      collecting,
    ),
    chosen: () => select.value,
    end() {
      leaving.abort();
      current?.collector.end();
    },
  };
}

/** Explain what is missing before a collection can be used for training. */
function begun() {
  return element("p", {}, "Name at least two classes, and add some pictures to each.");
}

/** @param {(adding: Promise<OpenData>) => void} add */
function others(add) {
  const path = element("input", { "aria-describedby": "path-help", spellcheck: "false", required: true });
  const name = element("input", { maxlength: 60, required: true });
  const archive = fileButton("Choose a .zip", ([file]) => file && add(sent(file)), {
    accept: ".zip,application/zip",
  });
  return element(
    "div",
    { class: "stack others" },
    form(
      () => add(post("/api/data", { path: path.value })),
      element("label", {}, "Path on this machine ", path),
      "Open",
    ),
    element(
      "p",
      { class: "quiet", id: "path-help" },
      "A folder with one subfolder per class, an archive of such a folder, a table of paths and labels, or IDX files. They are only read, never changed.",
    ),
    element("p", { class: "fields" }, "A .zip with one folder per class: drop it on this page, or ", archive),
    form(
      () => add(post("/api/collections", { name: name.value })),
      element("label", {}, "New collection, named ", name),
      "Create",
    ),
    element(
      "p",
      {},
      "With the camera: ",
      element("a", { href: addressOf("record") }, "record"),
      " pictures.",
    ),
  );
}

/**
 * Upload an archive to the studio, which opens it.
 *
 * @param {File} file
 * @returns {Promise<OpenData>}
 */
function sent(file) {
  return post(`/api/archives?name=${encodeURIComponent(file.name)}`, file);
}

/**
 * @param {() => void} act
 * @param {HTMLElement} field
 * @param {string} verb
 */
function form(act, field, verb) {
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    act();
  };
  return element("form", { submit, class: "fields" }, field, element("button", {}, verb));
}

/** @param {DataFacts} facts */
function summary({ id, pictures, classes, notes, shape }) {
  const rows = classes.map(({ name, pictures: number, examples }) =>
    element(
      "li",
      {},
      element("span", { class: "class-name" }, name),
      element("span", { class: "quiet" }, count(number)),
      element(
        "span",
        { class: "examples" },
        examples.map((place) =>
          element("img", {
            src: `/api/data/${id}/pictures/${place}`,
            alt: "",
            loading: "lazy",
            width: 48,
            height: 48,
          }),
        ),
      ),
    ),
  );
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      {},
      `${count(pictures)} pictures in ${count(classes.length)} classes, resized to ${shapeText(shape)} (channels × height × width).`,
    ),
    notes.map((text) => element("p", { class: "note" }, text)),
    element("ul", { class: "class-list", tabindex: 0, "aria-label": "classes" }, rows),
  );
}
