/** Losses: the loss bench, whose experiment is trained once on the server. */

import { element } from "convscope/kit/dom.js";
import { experiment } from "convscope/losses/experiment.js";
import { tableView } from "convscope/losses/page.js";
import { failed, get, post, told } from "convscope/studio/api.js";
import { withOptions } from "convscope/studio/picking.js";

const LOOK_MILLISECONDS = 1000;

/** @type {import("convscope/studio/studio.js").Show} */
export async function show(root, place) {
  /** @type {number | undefined} */
  let timer;
  const part = element("div", {});
  const ask = async (/** @type {Promise<any>} */ answer) => {
    try {
      const { state, error, bench } = await answer;
      part.replaceChildren(state === "done" ? experiment(bench.experiment) : waiting(state, error));
      if (state === "running" && part.isConnected)
        timer = setTimeout(() => ask(get("/api/losses")), LOOK_MILLISECONDS);
    } catch (error) {
      part.replaceChildren(told(error));
    }
  };
  const waiting = (/** @type {string} */ state, /** @type {string} */ reason) =>
    element(
      "section",
      { class: "stack" },
      element("h2", {}, "The experiment"),
      element(
        "p",
        {},
        "One network learns the built-in digits four times: from two losses, each from a normal start and from one that is surely wrong.",
      ),
      state === "running"
        ? element(
            "p",
            { role: "status" },
            "The four trainings are under way, which takes about half a minute.",
          )
        : element(
            "button",
            { type: "button", click: () => ask(post("/api/losses")) },
            "Train the four networks",
          ),
      state === "failed" ? failed(reason) : null,
    );
  const found = await get("/api/losses");
  const remember = (/** @type {string} */ name, /** @type {string} */ value) => {
    place.options.set(name, value);
    history.replaceState(null, "", withOptions(place, {}));
  };
  root.append(...tableView(found.table, Object.fromEntries(place.options), remember), part);
  await ask(found);
  return () => clearTimeout(timer);
}
