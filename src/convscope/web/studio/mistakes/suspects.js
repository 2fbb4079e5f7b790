/**
 * Search for labels that are probably wrong, on demand.
 *
 * @typedef {import("convscope/studio/answers.js").LabelSuspects} Suspects
 */

import { element } from "convscope/kit/dom.js";
import { duration } from "convscope/kit/numbers.js";
import { linesBox, problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { pictures } from "convscope/studio/mistakes/tiles.js";

const LOOK_MILLISECONDS = 1000;
const TITLE = "Probably mislabelled";

/**
 * Run the search, which trains five networks in a separate process.
 *
 * @param {HTMLElement} list
 * @param {import("convscope/studio/mistakes/tiles.js").Chosen} asked
 * @param {import("convscope/studio/mistakes/tiles.js").Desk} desk
 */
export async function suspects(list, asked, desk) {
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
      const left = progress?.remaining_seconds ?? null;
      status.textContent = left === null ? "starting" : `${duration(left)} left`;
      if (progress) bar.value = progress.done_fraction;
      else bar.removeAttribute("value");
      if (shown !== (shown = found.state)) list.replaceChildren(...drawn(found)); // keep the button's focus
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
        return [element("h2", {}, TITLE), why, button("Find mislabelled pictures", "POST")];
      case "running":
        return [element("h2", {}, TITLE), why, bar, status, button("Stop", "DELETE")];
      case "failed":
        return [element("h2", {}, TITLE), linesBox(error.split("\n")), button("Try again", "POST")];
      case "done":
        return pictures(
          TITLE,
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
        );
    }
  };
  await ask(get(address));
  return () => clearTimeout(timer);
}
