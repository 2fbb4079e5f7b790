/**
 * The lesson: nine short pages, each with something to see and try, and a few questions.
 *
 * @typedef {import("convscope/studio/answers.js").Chapter} Chapter
 * @typedef {import("convscope/studio/place.js").Place} Place
 */

import { parse } from "convscope/kit/address.js";
import { element } from "convscope/kit/dom.js";
import { problemBox } from "convscope/kit/problem.js";
import { confidentlyWrong } from "convscope/losses/wrong.js";
import { get } from "convscope/studio/api.js";
import { addressOfPage, contents, ending, END, pages } from "convscope/studio/lesson/contents.js";
import { exhibit } from "convscope/studio/lesson/exhibit.js";
import { learning } from "convscope/studio/lesson/learning.js";
import { overfitting } from "convscope/studio/lesson/overfitting.js";
import { forms } from "convscope/studio/lesson/questions.js";
import { shifting } from "convscope/studio/lesson/shifting.js";
import { veil } from "convscope/studio/lesson/veil.js";
import { chosen, dataFor, named, picker, whatIsOpen } from "convscope/studio/picking.js";
import { addressOf, turnTo } from "convscope/studio/place.js";
import { pictureChooser } from "convscope/studio/walk/picture_chooser.js";
import { advice } from "convscope/walk/frame.js";
import { KINDS } from "convscope/walk/kinds.js";

/** @type {import("convscope/studio/picking.js").Open} */
const OWN = { id: "shapes", name: "shapes (the lesson's own)", origin: "built-in" };

/** The kinds of steps that each page explains. @type {Record<string, string[]>} */
const STEPS = {
  image: ["image"],
  convolution: ["convolution"],
  relu: ["relu"],
  pooling: ["max_pooling"],
  flattening: ["flattening"],
  "full-connection": ["full_connection"],
  softmax: ["softmax", "loss"],
};

/**
 * Exhibits of pages that do not explain a step.
 *
 * @type {Record<string, (root: HTMLElement, asked: URLSearchParams) => Promise<void>>}
 */
const ILLUSTRATIONS = { learning, overfitting };

/** Experiments shown below the steps of a page. @type {typeof ILLUSTRATIONS} */
const EXPERIMENTS = { pooling: shifting, softmax: losses };

/**
 * Compare the gradients of two losses, from confidently wrong to confidently right. The slider starts in the
 * middle, because a question asks about one end.
 *
 * @param {HTMLElement} root
 */
async function losses(root) {
  root.append(confidentlyWrong(0, () => {}));
}

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root, place) {
  const open = await whatIsOpen();
  const models = [OWN, ...open.models.filter(({ origin }) => origin !== "built-in")];
  const model = chosen(models, place.options.model ?? OWN.id);
  const isOwn = model === OWN;
  const picture = isOwn ? "" : (place.options.picture ?? (await firstPicture(model, open.data)));
  const asked = new URLSearchParams({ model: isOwn ? "" : model.id, picture });
  const { chapters } = await get(`/api/lesson?${asked}`);
  if (place.path[0] === END) return void root.append(...ending(chapters, place));
  const chapter = chapters.find((/** @type {Chapter} */ { name }) => name === place.path[0]);
  if (!chapter) return void root.append(...contents(chapters, place));
  const led = pageAbout(parse(location.hash).trail.at(-1)?.step ?? "");
  if (led && led !== chapter.name) return void location.replace(addressOfPage(place, led));
  const chooser = isOwn
    ? null
    : await pictureChooser(model.id, (reference) => turnTo(place, { picture: reference }), false);
  const progress = pages(chapters, place, chapter.name);
  const shown = element("section", { class: "exhibit", "aria-label": "what it looks like" });
  const questions = element("section", { class: "questions" });
  root.append(
    progress.element,
    element("div", { class: "lesson" }, element("h1", {}, chapter.title), text(chapter)),
    element("div", { class: "hands-on" }, shown, questions),
    element(
      "div",
      { class: "row" },
      picker(place, [
        { name: "model", label: "network", chosen: model.id, options: named(models), without: ["picture"] },
      ]),
      chooser && [
        chooser.element,
        element("a", { href: addressOf("walk", [model.id, picture]) }, "Full walk"),
      ],
    ),
    onwards(chapters, place, chapter),
  );
  const leaving = new AbortController();
  /** @type {import("convscope/walk/stage.js").Elsewhere} */
  const whole = isOwn
    ? { path: ["lesson", chapter.name], options: { model: OWN.id } }
    : { path: ["walk", model.id, picture], options: {} };
  const hidden = veil(shown, leaving.signal);
  const illustrate = ILLUSTRATIONS[chapter.name];
  await Promise.all([
    illustrate
      ? illustrate(shown, asked).catch((error) => shown.replaceChildren(problemBox(error)))
      : exhibit(shown, chapter.name, asked, whole, leaving.signal).then(() =>
          EXPERIMENTS[chapter.name]?.(shown, asked),
        ),
    ask(questions, chapter, asked, hidden, progress.update),
  ]);
  return () => {
    chooser?.end();
    leaving.abort();
  };
}

/**
 * Return the page that explains a step. Links from the lesson's own network lead there, since it has no walk
 * of its own.
 *
 * @param {string} step  its name, such as `convolution_1.relu`
 */
function pageAbout(step) {
  const kind = step.replace(/.*\./, "").replace(/_\d+$/, "");
  return Object.keys(STEPS).find((name) => STEPS[name].includes(kind));
}

/**
 * @param {import("convscope/studio/picking.js").Open} model
 * @param {import("convscope/studio/picking.js").Open[]} data
 */
async function firstPicture(model, data) {
  return `data.${(await dataFor(model, data)).id}.0`;
}

/** @param {Chapter} chapter */
function text({ name, text, attempt }) {
  const more = (STEPS[name] ?? []).flatMap((kind) => KINDS[kind].text.more);
  const [suggestion, details] = advice(attempt, more);
  return [
    element("p", {}, text),
    suggestion,
    name === "softmax" &&
      element(
        "p",
        {},
        "Compare networks trained with either loss: ",
        element("a", { href: addressOf("losses", []) }, "Losses"),
        ".",
      ),
    more.length > 0 && details,
  ];
}

/**
 * @param {Chapter[]} chapters
 * @param {Place} place
 * @param {Chapter} chapter
 */
function onwards(chapters, place, chapter) {
  const next = chapters[chapters.indexOf(chapter) + 1];
  return element(
    "footer",
    { class: "stack" },
    element(
      "p",
      {},
      element(
        "a",
        { class: "button main-action", href: addressOfPage(place, next?.name ?? END) },
        next ? `Next: ${next.title}` : "To the end",
      ),
    ),
    element("p", { class: "quiet" }, `Further reading: ${chapter.source}.`),
  );
}

/**
 * @param {HTMLElement} root
 * @param {Chapter} chapter
 * @param {URLSearchParams} asked
 * @param {{hide: (values: number[]) => void, show: (value: number) => void}} hidden
 * @param {() => void} onProgress
 */
async function ask(root, chapter, asked, hidden, onProgress) {
  try {
    const { questions } = await get(`/api/lesson/${chapter.name}/questions?${asked}`);
    /** @type {import("convscope/studio/answers.js").AskedQuestion[]} */
    const open = questions.filter((/** @type {{name: string}} */ { name }) => !chapter.right.includes(name));
    hidden.hide(open.flatMap(({ hides }) => (hides === null ? [] : [hides])));
    const setting = {
      chapter: chapter.name,
      asked,
      right: chapter.right,
      onRight(/** @type {string} */ name) {
        if (!chapter.right.includes(name)) chapter.right.push(name);
        onProgress();
      },
      onShown: hidden.show,
    };
    root.replaceChildren(element("h2", {}, "Questions"), ...forms(questions, setting));
  } catch (error) {
    root.replaceChildren(problemBox(error));
  }
}
