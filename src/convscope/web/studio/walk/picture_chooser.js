/**
 * Choosing a picture: a file, what is dropped or pasted, the camera, a drawing, or one of some data.
 *
 * @typedef {(reference: string) => void} Chosen
 */

import { unpackAll } from "convscope/kit/arrays.js";
import { choice } from "convscope/kit/choice.js";
import { element } from "convscope/kit/dom.js";
import { get, post, told } from "convscope/studio/api.js";
import { camera } from "convscope/studio/camera.js";
import { whenDropped } from "convscope/studio/dropping.js";
import { chosen, dataFor, named, whatIsOpen } from "convscope/studio/picking.js";
import { seenAs } from "convscope/studio/preview.js";
import { drawingPad } from "convscope/studio/walk/drawing_pad.js";

/**
 * @param {string} model  that shall look at it
 * @param {Chosen} onChosen
 * @param {boolean} open  whether the ways stand open at first
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
      problem.replaceChildren(told(error));
    }
  };
  listen(send, leaving.signal);
  const live = element("div", { class: "stack" });
  const seen = camera(send, async (picture) => {
    try {
      live.replaceChildren(...seenAs(await unpackAll(await post(`/api/models/${model}/preview`, picture))));
    } catch (error) {
      live.replaceChildren(told(error));
    }
  });
  const data = await dataChooser(model, onChosen);
  const made = element(
    "details",
    { class: "chooser", open },
    element("summary", {}, "Choose a picture"),
    element(
      "div",
      { class: "ways" },
      way("From data", "A few pictures of each class.", data.element),
      way(
        "Draw",
        "Anywhere in the square and as large as you like: it is placed as the pictures are that the network has learned from.",
        drawingPad(model, onChosen),
      ),
      way("A file", "Drop one anywhere on this page, paste one, or", fileInput(send)),
      way("The camera", "What it sees stays on this machine.", seen.element, live),
    ),
    problem,
  );
  made.addEventListener("toggle", data.begin, { once: true }); // also where it stands open at first
  return {
    element: made,
    end() {
      leaving.abort();
      seen.end();
    },
  };
}

/**
 * Takes pictures that are dropped on the page or pasted into it.
 *
 * @param {(picture: Blob | undefined) => void} send
 * @param {AbortSignal} signal
 */
function listen(send, signal) {
  whenDropped(send, signal);
  addEventListener("paste", (event) => send(event.clipboardData?.files[0]), { signal });
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

/** @param {(picture: Blob | undefined) => void} send */
function fileInput(send) {
  const input = element("input", {
    type: "file",
    accept: "image/*",
    class: "unseen",
    change: () => send(input.files?.[0]),
  });
  return element("p", {}, element("label", { class: "button" }, "choose a file", input));
}

/**
 * @param {string} model
 * @param {Chosen} onChosen
 */
async function dataChooser(model, onChosen) {
  const { models, data } = await whatIsOpen();
  const source = await dataFor(chosen(models, model), data, null);
  const pictures = element("div", { class: "examples" });
  const fill = async (/** @type {string} */ id) => {
    try {
      const { classes } = await get(`/api/data/${id}`);
      pictures.replaceChildren(...classes.flatMap((/** @type {any} */ one) => examples(id, one, onChosen)));
    } catch (error) {
      pictures.replaceChildren(told(error));
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
