/**
 * Edit a network: its table of shapes and costs is updated while typing, and errors are marked at their
 * character.
 *
 * @typedef {import("convscope/studio/answers.js").DataSummary} DataFacts
 * @typedef {import("convscope/studio/answers.js").NetworkStep} NetworkStep
 */

import { element, head } from "convscope/kit/dom.js";
import { count, shapeText } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { get } from "convscope/studio/api.js";

/** Names of preset networks and backbones. */
const PRESETS = ["course", "lenet", "vgg", "small", "lite0", "repvgg-a0", "mobilenetv1-100"];

export function networkBoard() {
  /** @type {DataFacts | null} */
  let facts = null;
  let turn = 0;
  const written = element("input", {
    class: "notation",
    maxlength: 2_048,
    spellcheck: "false",
    autocomplete: "off",
    list: "presets",
    "aria-describedby": "network-help",
    input: () => show(),
  });
  const costs = element("div", { "aria-live": "polite" });
  const table = element("div", {
    class: "wide-table",
    tabindex: 0,
    role: "region",
    "aria-label": "its steps",
  });

  async function show() {
    const mine = ++turn;
    written.removeAttribute("aria-invalid");
    if (!facts) {
      costs.replaceChildren();
      return table.replaceChildren();
    }
    const query = new URLSearchParams({
      notation: written.value.trim() || facts.network,
      shape: facts.shape.join("x"),
      classes: String(facts.classes.length),
    });
    try {
      const { steps } = await get(`/api/network?${query}`);
      if (mine !== turn) return;
      table.replaceChildren(tableOf(steps));
      costs.replaceChildren(element("p", {}, costsOf(steps)));
    } catch (error) {
      if (mine !== turn) return;
      written.setAttribute("aria-invalid", "true");
      table.replaceChildren();
      costs.replaceChildren(problemBox(error));
    }
  }

  return {
    element: element(
      "div",
      { class: "stack" },
      element("label", { class: "stack" }, "Network (leave empty for the one shown)", written),
      element(
        "datalist",
        { id: "presets" },
        PRESETS.map((name) => element("option", { value: name })),
      ),
      element(
        "p",
        { class: "quiet", id: "network-help" },
        "32C3: a convolution with 32 filters of 3 × 3. MP2: 2 × 2 max pooling. 128N: a full connection (fully connected layer) of 128 neurons. The output layer follows from the classes.",
      ),
      costs,
    ),
    steps: element(
      "section",
      { class: "stack steps-table", "aria-label": "steps and costs" },
      element("h2", {}, "Steps and costs"),
      table,
    ),
    /** @param {DataFacts | null} found */
    give(found) {
      facts = found;
      written.placeholder = found?.network ?? "";
      show();
    },
    notation: () => written.value.trim(),
  };
}

/** @param {NetworkStep[]} steps */
function costsOf(steps) {
  return `${count(total(steps, "parameters"))} parameters, ${count(total(steps, "multiply_adds"))} multiply-adds per picture.`;
}

/**
 * @param {NetworkStep[]} steps
 * @param {"parameters" | "multiply_adds"} field
 */
function total(steps, field) {
  return steps.reduce((sum, step) => sum + step[field], 0);
}

/** @param {NetworkStep[]} steps */
function tableOf(steps) {
  const number = (/** @type {number} */ n) => element("td", { class: "count" }, n ? count(n) : "");
  const rows = steps.map(({ step, notation, shape, parameters, multiply_adds, receptive_field }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, step),
      element("td", {}, notation),
      element("td", { class: "count" }, shapeText(shape)),
      number(parameters),
      number(multiply_adds),
      element("td", { class: "count" }, shapeText(receptive_field)),
    ),
  );
  return element(
    "table",
    { class: "network-table" },
    head(["step", "notation", "shape", "parameters", "multiply-adds", "receptive field"]),
    element("tbody", {}, rows),
    element(
      "tfoot",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "row" }, "total"),
        element("td", {}),
        element("td", {}),
        number(total(steps, "parameters")),
        number(total(steps, "multiply_adds")),
        element("td", {}),
      ),
    ),
  );
}
