/**
 * The lesson: seven short pages, each with something to do and a few questions. What is right, the server works out.
 *
 * @typedef {import("convscope/studio/answers.js").AskedQuestion} Asked
 * @typedef {import("convscope/studio/answers.js").Verdict} Verdict
 * @typedef {import("convscope/studio/answers.js").Chapter} Chapter
 */

import { parse } from "convscope/kit/address.js";
import { element } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { exhibit, grids, line, table } from "convscope/studio/lesson/exhibit.js";
import { chosen, dataFor, named, picker, whatIsOpen } from "convscope/studio/picking.js";
import { addressOf, turnTo, withOptions } from "convscope/studio/place.js";
import { pictureChooser } from "convscope/studio/walk/picture_chooser.js";
import { advice } from "convscope/walk/frame.js";
import { KINDS } from "convscope/walk/kinds.js";

/** @type {import("convscope/studio/picking.js").Open} */
const SMILEY = { id: "smiley", name: "smiley (hand-made)", origin: "built-in" };

/** What the walk says about each step. @type {Record<string, string[]>} */
const TEXTS = {
  image: ["image"],
  convolution: ["convolution"],
  relu: ["relu"],
  pooling: ["max_pooling"],
  flattening: ["flattening"],
  "full-connection": ["full_connection"],
  softmax: ["softmax", "loss"],
};

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root, place) {
  const [{ chapters }, open] = await Promise.all([get("/api/lesson"), whatIsOpen()]);
  const chapter = chapters.find((/** @type {Chapter} */ { name }) => name === place.path[0]);
  if (!chapter) return void root.append(...overview(chapters, place));
  const led = chapterOf(parse(location.hash).trail.at(-1)?.step ?? "");
  if (led && led !== chapter.name) return void location.replace(addressOfChapter(place, led));
  const models = [SMILEY, ...open.models];
  const model = chosen(models, place.options.model ?? open.models[0]?.id ?? SMILEY.id);
  const isSmiley = model === SMILEY;
  const picture = !isSmiley ? (place.options.picture ?? (await firstPicture(model, open.data))) : "";
  const asked = new URLSearchParams({ model: isSmiley ? "" : model.id, picture });
  const chooser = !isSmiley
    ? await pictureChooser(model.id, (reference) => turnTo(place, { picture: reference }), false)
    : null;
  root.append(
    steps(chapters, place, chapter.name),
    element("div", { class: "lesson" }, element("h1", {}, chapter.title), text(chapter)),
    element(
      "div",
      { class: "row" },
      picker(place, [
        { name: "model", label: "network", chosen: model.id, options: named(models), without: ["picture"] },
      ]),
      chooser
        ? [chooser.element, element("a", { href: addressOf("walk", [model.id, picture]) }, "Full walk")]
        : null,
    ),
  );
  const shown = element("section", { class: "exhibit" });
  const questions = element("section", { class: "questions" });
  root.append(element("div", { class: "hands-on" }, shown, questions), onwards(chapters, place, chapter));
  const leaving = new AbortController();
  /** @type {import("convscope/walk/stage.js").Elsewhere} */
  const whole = isSmiley
    ? { path: ["lesson", chapter.name], options: { model: SMILEY.id } }
    : { path: ["walk", model.id, picture], options: {} };
  await Promise.all([
    exhibit(shown, chapter.name, asked, whole, leaving.signal),
    ask(questions, chapter, asked),
  ]);
  return () => {
    chooser?.end();
    leaving.abort();
  };
}

/**
 * The chapter about a step: where a number of the smiley comes from, which has no walk of its own.
 *
 * @param {string} step  its name, `convolution_1.relu`
 */
function chapterOf(step) {
  const kind = step.replace(/.*\./, "").replace(/_\d+$/, "");
  return Object.keys(TEXTS).find((name) => TEXTS[name].includes(kind));
}

/**
 * @param {import("convscope/studio/picking.js").Open} model
 * @param {import("convscope/studio/picking.js").Open[]} data
 */
async function firstPicture(model, data) {
  return `data.${(await dataFor(model, data)).id}.0`;
}

/**
 * @param {Chapter[]} chapters
 * @param {import("convscope/studio/place.js").Place} place
 */
function overview(chapters, place) {
  const right = chapters.reduce((sum, chapter) => sum + chapter.right.length, 0);
  return [
    element(
      "div",
      { class: "lesson" },
      element("h1", {}, "How a network sees a picture"),
      element(
        "p",
        {},
        "A convolutional neural network turns the pixels of a picture into an answer in seven kinds of steps. Each is simple arithmetic; what makes it work is that the weights were learned from examples. Here you do every step yourself, on the numbers of a real network and a real picture.",
      ),
      element(
        "p",
        {},
        "Each page has something to try and a few questions. Guess or calculate first: a wrong answer shows you the calculation, and costs nothing. Rows, columns, maps and neurons are counted from 0.",
      ),
    ),
    element(
      "ol",
      { class: "chapters" },
      chapters.map((chapter) =>
        element(
          "li",
          {},
          element("a", { href: addressOfChapter(place, chapter.name) }, chapter.title),
          element("p", {}, KINDS[TEXTS[chapter.name][0]].text.does),
          element("p", { class: "quiet" }, done(chapter)),
        ),
      ),
    ),
    right ? beginAnew(place) : "",
  ];
}

/** @param {Chapter} chapter */
function done({ right }) {
  return right.length ? `${right.length} answered correctly` : "not started";
}

/** @param {import("convscope/studio/place.js").Place} place */
function beginAnew(place) {
  const forget = async () => {
    await post("/api/lesson", {}, "DELETE");
    turnTo(place, { again: String(Date.now()) });
  };
  return element("p", {}, element("button", { type: "button", click: forget }, "Start over"));
}

/**
 * @param {import("convscope/studio/place.js").Place} place
 * @param {string} name
 */
function addressOfChapter(place, name) {
  return withOptions({ ...place, path: name ? [name] : [] }, { again: "" });
}

/**
 * @param {Chapter[]} chapters
 * @param {import("convscope/studio/place.js").Place} place
 * @param {string} current
 */
function steps(chapters, place, current) {
  return element(
    "nav",
    { class: "lesson-steps", "aria-label": "the seven steps" },
    element("a", { href: addressOfChapter(place, "") }, "Contents"),
    chapters.map(({ name, title, right }) =>
      element(
        "a",
        { href: addressOfChapter(place, name), "aria-current": name === current ? "page" : null },
        title,
        right.length
          ? element(
              "span",
              { class: "quiet", "aria-label": `${right.length} answered correctly` },
              ` ✓${right.length}`,
            )
          : null,
      ),
    ),
  );
}

/** @param {Chapter} chapter */
function text({ name, attempt }) {
  const texts = TEXTS[name].map((kind) => KINDS[kind].text);
  return [
    element("p", {}, texts.map(({ does }) => does).join(" ")),
    ...advice(
      attempt,
      texts.flatMap(({ more }) => more),
    ),
  ];
}

/**
 * @param {Chapter[]} chapters
 * @param {import("convscope/studio/place.js").Place} place
 * @param {Chapter} chapter
 */
function onwards(chapters, place, chapter) {
  const at = chapters.indexOf(chapter);
  const next = chapters[at + 1];
  return element(
    "footer",
    { class: "stack" },
    element("p", { class: "quiet" }, `Further reading: ${chapter.source}.`),
    element(
      "p",
      {},
      next
        ? element("a", { href: addressOfChapter(place, next.name) }, `Next: ${next.title}`)
        : element("a", { href: addressOfChapter(place, "") }, "Back to the contents"),
    ),
  );
}

/**
 * @param {HTMLElement} root
 * @param {Chapter} chapter
 * @param {URLSearchParams} asked
 */
async function ask(root, chapter, asked) {
  try {
    const { questions } = await get(`/api/lesson/${chapter.name}/questions?${asked}`);
    root.replaceChildren(
      element("h2", {}, "Questions"),
      ...questions.map((/** @type {Asked} */ one) => question(one, chapter, asked)),
    );
  } catch (error) {
    root.replaceChildren(problemBox(error));
  }
}

/**
 * @param {Asked} one
 * @param {Chapter} chapter
 * @param {URLSearchParams} asked
 */
function question(one, chapter, asked) {
  const verdict = element("div", { class: "verdict", role: "status" });
  const send = async (/** @type {number | null} */ answer) => {
    try {
      const address = `/api/lesson/${chapter.name}/questions/${one.name}?${asked}`;
      verdict.replaceChildren(...judged(await post(address, { answer }), one.unit, answer === null));
    } catch (error) {
      verdict.replaceChildren(problemBox(error));
    }
  };
  const field = one.options.length ? options(one) : numberField(one);
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const given = field.given();
    if (given === null) verdict.replaceChildren(element("p", {}, "Enter an answer first; a guess will do."));
    else send(given);
  };
  return element(
    "form",
    { class: "question", submit, novalidate: true },
    element(
      "fieldset",
      {},
      element("legend", {}, line(one.prompt)),
      element("div", { class: "grids" }, grids(one.grids)),
      one.tables.map(table),
      field.element,
      element(
        "p",
        { class: "choices" },
        element("button", { type: "submit" }, "Check"),
        element("button", { type: "button", class: "plain", click: () => send(null) }, "Show the answer"),
      ),
      verdict,
    ),
  );
}

/**
 * @param {Asked} one
 * @returns {{element: HTMLElement, given: () => number | null}}
 */
function options({ name, options }) {
  const inputs = options.map((_, place) => element("input", { type: "radio", name, value: place }));
  return {
    element: element(
      "div",
      { class: "options" },
      inputs.map((input, place) => element("label", {}, input, ` ${options[place]}`)),
    ),
    given: () => {
      const place = inputs.findIndex(({ checked }) => checked);
      return place < 0 ? null : place;
    },
  };
}

/**
 * A number as people write it: with a point or a comma, a minus or a hyphen.
 *
 * @param {Asked} one
 * @returns {{element: HTMLElement, given: () => number | null}}
 */
function numberField({ unit }) {
  const input = element("input", { type: "text", inputmode: "text", autocomplete: "off", size: 12 });
  return {
    element: element("p", {}, element("label", {}, "your answer ", input, unit ? ` ${unit}` : null)),
    given: () => {
      const written = input.value.trim().replace("−", "-").replace(",", ".").replace(/%$/, "");
      return written !== "" && Number.isFinite(Number(written)) ? Number(written) : null;
    },
  };
}

/**
 * @param {Verdict} verdict
 * @param {string} unit
 * @param {boolean} revealed
 */
function judged({ right, why, working, answer }, unit, revealed) {
  const title = right ? "Correct." : revealed ? "The answer" : "Not yet.";
  return [
    element("p", {}, element("strong", { class: right ? "right" : "" }, title), why ? ` ${why}` : null),
    ...working.map((one) => element("p", { class: "equation" }, line(one))),
    answer === null
      ? element("p", { class: "quiet" }, "Work it out from there, and check again.")
      : element(
          "p",
          { class: "equation" },
          "= ",
          typeof answer === "number" ? number(answer) : answer,
          unit ? ` ${unit}` : null,
        ),
  ];
}
