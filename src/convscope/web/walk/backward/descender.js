/**
 * Gradient descent step by step: choose a learning rate, then step forward or back.
 *
 * @typedef {import("convscope/walk/document.js").Descent} Descent
 */

import { element, flat } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { three } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";

/**
 * Create the controls of a descent.
 *
 * @typedef {{known: Descent[], descent: Descent, step: number}} Progress  which descent is shown, and its
 *   current step
 *
 * @param {string} label
 * @param {Progress} progress  updated in place
 * @param {((rate: number) => Promise<Descent>) | null} compute  computes the descent for another learning
 *   rate
 * @param {(descent: Descent, step: number) => (Node | string)[]} draw  draws what is shown below the controls
 */
export function descender(label, progress, compute, draw) {
  const { known } = progress;
  const rates = element("span", { class: "segments", role: "group", "aria-label": "learning rate" });
  const steps = element("output", {});
  const trouble = element("div", {});
  const shown = element("div", { class: "stack" });
  const move = (/** @type {number} */ by) => {
    const { step, descent } = progress;
    progress.step = Math.max(0, Math.min(descent.values.length - 1, step + by));
    render();
  };
  const [start, back, next] = [
    stepButton("Reset", () => move(-progress.step)),
    stepButton("◀ Back", () => move(-1)),
    stepButton("Step downhill ▶", () => move(1)),
  ];

  /** @param {Descent} one */
  function take(one) {
    progress.descent = one;
    progress.step = Math.min(progress.step, one.values.length - 1);
    render();
  }

  function render() {
    const { step, descent } = progress;
    const last = descent.values.length - 1;
    steps.textContent = `step ${step} of ${last}`;
    for (const one of [start, back]) one.disabled = step === 0;
    next.disabled = step === last;
    rates.replaceChildren(
      ...known.map((one) =>
        element(
          "button",
          {
            type: "button",
            "data-name": `${label} ${one.rate}`,
            "aria-pressed": String(one === descent),
            click() {
              take(one);
              /** @type {HTMLElement | null} */ (rates.querySelector('[aria-pressed="true"]'))?.focus();
            },
          },
          three(one.rate),
        ),
      ),
    );
    shown.replaceChildren(equation(descent, step), verdict(descent, step), ...draw(descent, step));
  }

  const another =
    compute &&
    otherRate(async (rate) => {
      trouble.replaceChildren();
      try {
        const made = known.find((one) => one.rate === rate) ?? (await compute(rate));
        if (!known.includes(made)) known.push(made);
        known.sort((a, b) => a.rate - b.rate);
        take(made);
      } catch (error) {
        trouble.replaceChildren(problemBox(error));
      }
    });
  render();
  return element(
    "div",
    { class: "stack descender" },
    element("div", { class: "row" }, element("span", {}, "Learning rate "), rates, another),
    element("div", { class: "row" }, start, back, next, steps),
    trouble,
    shown,
  );
}

/**
 * Return the initial progress: no step taken, and the middle learning rate.
 *
 * @param {Descent[]} descents
 * @returns {Progress}
 */
export function beginning(descents) {
  return { known: [...descents], descent: descents[Math.floor((descents.length - 1) / 2)], step: 0 };
}

/**
 * @param {string} text
 * @param {() => void} click
 */
function stepButton(text, click) {
  return element("button", { type: "button", click }, text);
}

/** @param {(rate: number) => void} choose */
function otherRate(choose) {
  const field = element("input", {
    type: "number",
    min: 0.000001,
    max: 1000000,
    step: "any",
    placeholder: "another",
    "aria-label": "another learning rate",
    change() {
      if (field.value === "" || !field.reportValidity()) return;
      choose(field.valueAsNumber);
      field.value = "";
    },
  });
  return field;
}

/**
 * Write out weight − rate × gradient = new weight, for the step taken last, or for the first one if none has
 * been taken.
 *
 * @param {Descent} descent
 * @param {number} step
 */
function equation({ rate, values, gradients }, step) {
  const from = Math.max(0, step - 1);
  if (values.length < 2) return element("p", {}, "The first step overflows: the loss is infinite.");
  return element(
    "p",
    { class: "equation" },
    ...flat(
      values[from].map((value, place) => [
        place > 0 ? element("br") : null,
        number(value),
        " − ",
        number(rate),
        " × ",
        element("span", { class: "signed" }, number(gradients[from][place])),
        " = ",
        element("strong", { class: "weights" }, number(values[from + 1][place])),
      ]),
    ),
  );
}

/**
 * Compare the loss before and after the step.
 *
 * @param {Descent} descent
 * @param {number} step
 */
function verdict({ losses }, step) {
  if (step === 0)
    return element("p", {}, "loss ", element("strong", {}, number(losses[0])), " before the first step");
  const [before, after] = [losses[step - 1], losses[step]];
  const rose = after > before;
  return element(
    "p",
    { role: "status", class: rose ? "too-far" : null },
    "loss ",
    number(before),
    " → ",
    element("strong", { "data-loss": after }, number(after)),
    rose
      ? ": it rose. The learning rate is too large here, so the step overshot."
      : ", recomputed with the new weight",
  );
}
