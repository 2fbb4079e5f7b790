/** Start a run: choose pictures and a network. The runs so far are listed below. */

import { element, head } from "convscope/kit/dom.js";
import { count, percent } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { redraw } from "convscope/kit/redraw.js";
import { get, post } from "convscope/studio/api.js";
import { follow } from "convscope/studio/revisions.js";
import { dataChoice } from "convscope/studio/data/data_choice.js";
import { addressOf } from "convscope/studio/place.js";
import { networkBoard } from "convscope/studio/train/network_board.js";

/**
 * Draw the page.
 *
 * @param {HTMLElement} root
 * @param {string} wanted  id of the data selected initially
 */
export async function showStart(root, wanted) {
  const board = networkBoard();
  const trouble = element("div", {});
  const name = element("input", { maxlength: 60, size: 14, autocomplete: "off" });
  const epochs = element("input", { type: "number", min: 1, max: 100_000, placeholder: "automatic" });
  const start = element("button", { class: "main-action" }, "Start training");
  const data = await dataChoice(wanted, (facts) => {
    board.give(facts);
    name.placeholder = facts?.name ?? "";
    start.disabled = facts === null;
  });
  const runs = runTable();
  await runs.refresh();
  const begin = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const run = await post("/api/runs", {
        data: data.chosen(),
        name: name.value || null,
        settings: {
          network: board.notation() || null,
          epochs: epochs.value ? Number(epochs.value) : null,
        },
      });
      location.hash = addressOf("train", [run.name]);
    } catch (error) {
      trouble.replaceChildren(problemBox(error));
    }
  };
  root.classList.add("start");
  root.append(
    element("h1", {}, "Train"),
    element(
      "form",
      { submit: begin, class: "stack", "aria-label": "start" },
      element(
        "div",
        { class: "fields" },
        element("label", {}, "Name ", name),
        element("label", {}, "Epochs ", epochs),
        start,
      ),
      element(
        "p",
        { class: "quiet" },
        "Everything below is chosen automatically; you can change it. Training continues if you close this page.",
      ),
      trouble,
    ),
    section("pictures", "Pictures", data.element),
    section("network", "Network", board.element),
    section("runs", "Runs", runs.element),
    board.steps,
  );
  const leave = follow(({ runs }) => JSON.stringify(runs), runs.refresh);
  return () => {
    leave();
    data.end();
  };
}

/**
 * @param {string} label
 * @param {string} title
 * @param {HTMLElement} content
 */
function section(label, title, content) {
  return element("section", { "aria-label": label, class: "stack" }, element("h2", {}, title), content);
}

/** Create the table of runs, and the function that updates it. */
function runTable() {
  const root = element("div", { class: "stack" });
  let drawn = "";
  return {
    element: root,
    async refresh() {
      const { runs } = await get("/api/runs").catch(() => ({ runs: null }));
      if (runs === null || JSON.stringify(runs) === drawn) return;
      drawn = JSON.stringify(runs);
      redraw(root, () => [tableOf(runs)]);
    },
  };
}

/**
 * @typedef {import("convscope/studio/answers.js").Run} Run
 *
 * @param {Run[]} runs
 */
function tableOf(runs) {
  if (!runs.length) return element("p", { class: "quiet" }, "None yet.");
  const rows = runs.map((run) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("a", { href: addressOf("train", [run.name]) }, run.name)),
      element("td", {}, run.state),
      [
        run.epochs ? `${run.epoch} of ${run.epochs}` : "",
        share(run.validation_accuracy_fraction),
        share(run.test_accuracy_fraction),
      ].map((text) => element("td", { class: "count" }, text)),
    ),
  );
  return element(
    "div",
    { class: "wide-table", tabindex: 0, role: "region", "aria-label": "all runs" },
    element(
      "table",
      { class: "run-table" },
      element("caption", {}, `${count(runs.length)} in the studio's folder`),
      head(["run", "state", "epoch", "validation accuracy", "test accuracy"]),
      element("tbody", {}, rows),
    ),
  );
}

/** @param {number | null} fraction */
function share(fraction) {
  return fraction === null ? "" : percent(fraction);
}
