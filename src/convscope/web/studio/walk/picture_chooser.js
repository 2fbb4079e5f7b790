/**
 * Choose a picture: from a file, by drag and drop, from the clipboard, with the camera, by drawing, or from
 * open data.
 *
 * @typedef {(reference: string) => void} Chosen
 */

import { unpackAll } from "convscope/kit/arrays.js";
import { choice } from "convscope/kit/choice.js";
import { element } from "convscope/kit/dom.js";
import { problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { camera, pngOf } from "convscope/kit/camera.js";
import { fileButton, takeDropped, takePasted } from "convscope/kit/files.js";
import { chosen, dataFor, named, whatIsOpen } from "convscope/studio/picking.js";
import { preview } from "convscope/kit/preview.js";
import { drawingPad } from "convscope/studio/walk/drawing_pad.js";

/**
 * Create the controls.
 *
 * @param {string} model  the model that will classify the picture
 * @param {Chosen} onChosen
 * @param {boolean} open  whether the controls are expanded initially
 * @returns {Promise<{element: HTMLElement, end: () => void}>}
 */
export async function pictureChooser(model, onChosen, open) {
  const problem = element("div", {});
  const leaving = new AbortController();
  const send = async (/** @type {Blob | undefined} */ picture) => {
    if (!picture) return;
    problem.replaceChildren();
    try {
      onChosen((await post("/api/pictures", picture)).picture);
    } catch (error) {
      problem.replaceChildren(problemBox(error));
    }
  };
  const sendFirst = (/** @type {File[]} */ files) => send(files[0]);
  takeDropped(window, sendFirst, { signal: leaving.signal });
  takePasted(sendFirst, leaving.signal);
  const live = element("div", { class: "stack" });
  const says = element("p", { class: "quiet", role: "status" });
  const filmed = camera({
    async look(frame) {
      const seen = await unpackAll(await post(`/api/models/${model}/preview`, await pngOf(frame)));
      live.replaceChildren(...preview(seen));
    },
    take: send,
    say: (text) => (says.textContent = text),
  });
  const data = await dataChooser(model, onChosen);
  const made = element(
    "details",
    { class: "chooser transient", open },
    element("summary", {}, "Choose a picture"),
    element(
      "div",
      { class: "ways" },
      way("From the data", "A few pictures of each class.", data.element),
      way(
        "Draw",
        "Anywhere in the square, at any size: the drawing is centred and scaled like the training pictures.",
        drawingPad(model, onChosen),
      ),
      way("A file", "Drop one anywhere on this page, paste one, or", fileButton("Choose a file", sendFirst)),
      way(
        "The camera",
        "The camera's pictures stay on this machine.",
        filmed.toggle,
        filmed.shown,
        live,
        says,
      ),
    ),
    problem,
  );
  made.addEventListener("toggle", data.begin, { once: true }); // also fires if it is open initially
  return {
    element: made,
    end() {
      leaving.abort();
      filmed.end();
    },
  };
}

/**
 * @param {string} title
 * @param {string} hint
 * @param {...HTMLElement} content
 */
function way(title, hint, ...content) {
  return element(
    "section",
    { class: "stack" },
    element("h2", {}, title),
    element("p", { class: "quiet" }, hint),
    content,
  );
}

/**
 * @param {string} model
 * @param {Chosen} onChosen
 */
async function dataChooser(model, onChosen) {
  const { models, data } = await whatIsOpen();
  const source = await dataFor(chosen(models, model), data);
  const pictures = element("div", { class: "examples" });
  const fill = async (/** @type {string} */ id) => {
    try {
      const { classes } = await get(`/api/data/${id}`);
      pictures.replaceChildren(...classes.flatMap((/** @type {any} */ one) => examples(id, one, onChosen)));
    } catch (error) {
      pictures.replaceChildren(problemBox(error));
    }
  };
  return {
    element: element("div", { class: "stack" }, choice("pictures", source.id, named(data), fill), pictures),
    begin: () => fill(source.id),
  };
}

/**
 * @param {string} id
 * @param {{name: string, examples: number[]}} facts
 * @param {Chosen} onChosen
 */
function examples(id, { name, examples: places }, onChosen) {
  return places.map((place) =>
    element(
      "button",
      {
        type: "button",
        class: "example",
        "aria-label": `picture ${place}, ${name}`,
        click: () => onChosen(`data.${id}.${place}`),
      },
      element("img", { src: `/api/data/${id}/pictures/${place}`, alt: "", loading: "lazy" }),
      element("span", { class: "caption", "aria-hidden": "true" }, name),
    ),
  );
}
