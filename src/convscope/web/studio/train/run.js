/** One run: its state, its curves, and actions. */

import { chart } from "convscope/kit/curves.js";
import { element } from "convscope/kit/dom.js";
import { count, duration, full, percent, three } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { follow } from "convscope/studio/revisions.js";
import { addressOf } from "convscope/studio/place.js";
import { epochs } from "convscope/studio/train/epochs.js";
import { History } from "convscope/studio/train/history.js";

/**
 * @typedef {import("convscope/studio/answers.js").Run} Run
 */

/** Description of each state. */
const STATES = new Map([
  ["starting", "Starting …"],
  ["running", "Training."],
  ["paused", "Paused. Everything is kept; it resumes where it stopped."],
  ["interrupted", "Interrupted: the process ended unexpectedly. It can resume from its last checkpoint."],
  ["failed", "It could not start."],
  ["finished", "Finished."],
]);

/** File formats a model can be downloaded in, and their names. */
const FILES = [
  ["onnx", "ONNX"],
  ["html", "offline page"],
  ["safetensors", "model file"],
];

const SILENT = "The studio does not respond. Training continues without it, and this page will reconnect.";

/**
 * @param {HTMLElement} root
 * @param {string} name
 */
export async function showRun(root, name) {
  const address = `/api/runs/${encodeURIComponent(name)}`;
  /** @type {{run: Run, history: History}} */
  const seen = { run: await get(address), history: new History() };
  const seeing = epochs(address);
  const parts = {
    state: element("p", { role: "status", class: "run-state" }),
    actions: element("div", { class: "actions" }),
    trouble: element("div", {}),
    result: element("div", {}),
    progress: element("progress", { max: 1, value: 0, "aria-label": "how much is done" }),
    figures: element("dl", { class: "figures" }),
    charts: element("div", { class: "charts" }),
    notes: element("div", { class: "stack" }),
  };
  root.append(
    element("h1", { class: "verbatim" }, name),
    element("div", { class: "actions" }, parts.state, parts.actions),
    parts.trouble,
    parts.progress,
    parts.result,
    parts.figures,
    parts.charts,
    seeing.element,
    parts.notes,
    element("p", {}, element("a", { href: addressOf("train") }, "All runs")),
  );

  let due = false;
  let looked = "";
  const redraw = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw(parts, seen, address);
      const now = `${seen.history.epochs.length} ${seen.run.state}`;
      if (now !== looked) seeing.refresh();
      looked = now;
    });
  };
  redraw();

  let place = 0;
  let wasThere = false;
  const news = async (/** @type {boolean} */ isThere) => {
    if (wasThere && !isThere) location.hash = addressOf("train");
    wasThere = isThere;
    if (!isThere) return;
    try {
      const { run, events, position } = await get(`${address}/events?after=${place}`);
      seen.run = run;
      for (const event of events) seen.history.add(event);
      place = position;
      redraw();
    } catch (error) {
      parts.trouble.replaceChildren(problemBox(error));
    }
  };
  return follow(
    ({ runs }) => runs[name],
    news,
    (answers) => parts.trouble.replaceChildren(...(answers ? [] : [element("p", { class: "note" }, SILENT)])),
  );
}

/**
 * @param {Record<"state" | "actions" | "trouble" | "result" | "figures" | "charts" | "notes", HTMLElement> & {progress: HTMLProgressElement}} parts
 * @param {{run: Run, history: History}} seen
 * @param {string} address
 */
function draw(parts, { run, history }, address) {
  const isEnding = run.state === "starting" && history.finished !== null;
  const text = isEnding ? "Finishing …" : (STATES.get(run.state) ?? run.state);
  if (parts.state.textContent !== text) {
    parts.state.textContent = text;
    drawActions(parts, run, address);
  }
  parts.progress.hidden = run.state === "failed" || run.state === "finished";
  parts.progress.value = history.preparing
    ? history.preparing.done / Math.max(1, history.preparing.total)
    : history.doneFraction;
  parts.result.replaceChildren(...table("result", history.finished?.summary ?? []));
  parts.figures.replaceChildren(...figures(run, history));
  parts.charts.replaceChildren(...charts(history));
  drawNotes(parts.notes, run, history);
}

/**
 * @param {{state: HTMLElement, actions: HTMLElement, trouble: HTMLElement}} parts
 * @param {Run} run
 * @param {string} address
 */
async function drawActions({ actions, trouble }, run, address) {
  /** @param {Promise<unknown>} request */
  const attempt = async (request) => {
    try {
      await request;
    } catch (error) {
      trouble.replaceChildren(problemBox(error));
    }
  };
  const made = [];
  if (run.state === "running") made.push(button("Pause", () => attempt(post(`${address}/pause`))));
  if (run.state === "paused" || run.state === "interrupted")
    made.push(button("Resume", () => attempt(post(`${address}/resume`))));
  if (run.state !== "running" && run.state !== "starting")
    made.push(
      twice("Delete", "Really delete this run and its model?", () => attempt(post(address, {}, "DELETE"))),
    );
  actions.replaceChildren(...made);
  if (run.state === "finished") actions.prepend(...(await further(run.name)));
}

/**
 * Return links to what can be done with the model of a run.
 *
 * @param {string} run
 */
async function further(run) {
  const { models } = await get("/api/models");
  const found = models.find((/** @type {any} */ one) => one.origin === "run" && one.name === run);
  if (!found) return [];
  return [
    element("a", { class: "button", href: addressOf("walk", [found.id]) }, "Walk through the model"),
    element(
      "a",
      { class: "button", href: addressOf("mistakes", [], { model: found.id }) },
      "See its mistakes",
    ),
    exports(found.id),
  ];
}

/**
 * Return links that download the model; creating a file takes a few seconds.
 *
 * @param {string} model
 */
function exports(model) {
  const links = FILES.map(([kind, title]) =>
    element("a", { href: `/api/models/${model}/files/${kind}`, download: true }, title),
  );
  return element("span", { class: "choices" }, "Export: ", links);
}

/**
 * @param {Run} run
 * @param {History} history
 */
function figures(run, history) {
  const { latest, preparing, finished, epochs } = history;
  if (preparing) return figure("pictures prepared", `${count(preparing.done)} of ${count(preparing.total)}`);
  if (!latest) return [];
  const loss = "loss" in latest ? latest.loss : latest.train_loss;
  const accuracy = "loss" in latest ? latest.accuracy_fraction : latest.train_accuracy_fraction;
  const validation = epochs[epochs.length - 1]?.validation_accuracy_fraction ?? null;
  return [
    figure("epoch", `${latest.epoch} of ${history.planned}`),
    figure("loss", three(loss), full(loss)),
    figure("training accuracy", percent(accuracy), full(accuracy)),
    validation === null ? [] : figure("validation accuracy", percent(validation), full(validation)),
    figure("pictures per second", count(Math.round(latest.pictures_per_second))),
    run.state === "running" && !finished && latest.remaining_seconds !== null
      ? figure("time left", duration(latest.remaining_seconds))
      : [],
    finished ? figure("training time", duration(finished.elapsed_seconds)) : [],
  ].flat();
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} [whole]
 */
function figure(title, text, whole) {
  return [element("div", {}, element("dt", {}, title), element("dd", { title: whole ?? null }, text))];
}

/** @param {History} history */
function charts(history) {
  const { step } = history;
  const loss = [
    history.curve("training", (one) => one.train_loss, step?.loss),
    history.curve("validation", (one) => one.validation_loss),
  ];
  const accuracy = [
    history.curve(
      "training",
      (one) => 100 * one.train_accuracy_fraction,
      step && 100 * step.accuracy_fraction,
    ),
    history.curve("validation", (one) =>
      one.validation_accuracy_fraction === null ? null : 100 * one.validation_accuracy_fraction,
    ),
  ];
  return [
    drawn(loss, { title: "loss over the epochs", across: "epoch", up: "loss" }),
    drawn(accuracy, { title: "accuracy over the epochs", across: "epoch", up: "accuracy, %", highest: 100 }),
  ].flat();
}

/**
 * @param {(import("convscope/kit/curves.js").Curve | null)[]} curves
 * @param {Parameters<typeof chart>[1]} setting
 */
function drawn(curves, setting) {
  const known = curves.filter((one) => one !== null);
  return known.some(({ x }) => x.length > 1) ? [chart(known, setting)] : [];
}

/**
 * @param {HTMLElement} root
 * @param {Run} run
 * @param {History} history
 */
function drawNotes(root, run, { plan, notes }) {
  const error = run.error ? [element("pre", { class: "said" }, run.error)] : [];
  const remarks = notes.map((text) => element("p", { class: "note" }, text));
  root.replaceChildren(...error, ...remarks, ...table("data and settings", plan));
}

/**
 * @param {string} title
 * @param {import("convscope/studio/train/history.js").Rows} rows
 */
function table(title, rows) {
  if (!rows.length) return [];
  const cells = rows.map(([name, text]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, text)),
  );
  return [element("table", { class: "plan" }, element("caption", {}, title), element("tbody", {}, cells))];
}

/**
 * @param {string} text
 * @param {() => void} click
 */
function button(text, click) {
  return element("button", { type: "button", click }, text);
}

/**
 * Create a button for an irreversible action. It asks first, and acts on the second click.
 *
 * @param {string} text
 * @param {string} question
 * @param {() => void} click
 */
function twice(text, question, click) {
  const made = button(text, () => {
    if (made.textContent === question) click();
    made.textContent = question;
  });
  made.addEventListener("blur", () => (made.textContent = text));
  return made;
}
