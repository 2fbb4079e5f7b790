/** Losses: the loss bench, trained once on the server. */

import { element } from "convscope/dom.js";
import { benchView } from "convscope/losses.js";
import { failed, get, post, told } from "studio/api.js";
import { withOptions } from "studio/picking.js";

const LOOK_MILLISECONDS = 1000;

/** @type {import("studio/studio.js").Show} */
export async function show(root, place) {
  /** @type {number | undefined} */
  let timer;
  const ask = async (/** @type {Promise<any>} */ answer) => {
    try {
      const { state, said, bench } = await answer;
      root.replaceChildren(...(state === "done" ? drawn(bench, place) : waiting(state, said)));
      if (state === "running" && root.isConnected)
        timer = setTimeout(() => ask(get("/api/losses")), LOOK_MILLISECONDS);
    } catch (error) {
      root.replaceChildren(element("h1", {}, "Losses"), told(error));
    }
  };
  const waiting = (/** @type {string} */ state, /** @type {string} */ said) => [
    element(
      "div",
      { class: "lesson" },
      element("h1", {}, "Losses"),
      element(
        "p",
        {},
        "Why do networks learn from cross-entropy, and not from how often or by how much they are wrong? Two networks of a course are judged by three errors; then one network learns the built-in digits four times, from two losses and two starts.",
      ),
    ),
    state === "running"
      ? element("p", { role: "status" }, "The four trainings are under way, which takes about half a minute.")
      : element(
          "p",
          {},
          element(
            "button",
            { type: "button", click: () => ask(post("/api/losses")) },
            "Train the four networks",
          ),
        ),
    state === "failed" ? failed(said) : "",
  ];
  await ask(get("/api/losses"));
  return () => clearTimeout(timer);
}

/**
 * @param {import("convscope/losses.js").Bench} bench
 * @param {import("studio/studio.js").Place} place
 */
function drawn(bench, place) {
  const options = Object.fromEntries(place.options);
  return benchView(bench, options, (name, value) => {
    place.options.set(name, value);
    history.replaceState(null, "", withOptions(place, {}));
  });
}
