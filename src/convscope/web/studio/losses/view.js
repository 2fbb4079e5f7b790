/** Losses: the comparison of loss functions. The server trains its experiment once. */

import { element } from "convscope/kit/dom.js";
import { experiment } from "convscope/losses/experiment.js";
import { tableView } from "convscope/losses/page.js";
import { linesBox, problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";

const LOOK_MILLISECONDS = 1000;

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root) {
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
      part.replaceChildren(problemBox(error));
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
        "One network is trained on the built-in digits four times: with two losses, each from a normal start and from a confidently wrong one.",
      ),
      state === "running"
        ? element("p", { role: "status" }, "Training the four networks; this takes about half a minute.")
        : element(
            "button",
            { type: "button", click: () => ask(post("/api/losses")) },
            "Train the four networks",
          ),
      state === "failed" ? linesBox(reason.split("\n")) : null,
    );
  const found = await get("/api/losses");
  root.append(...tableView(found.table), part);
  await ask(found);
  return () => clearTimeout(timer);
}
