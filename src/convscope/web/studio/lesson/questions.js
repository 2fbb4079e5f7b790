/**
 * The questions of a page. Answers are checked by the server.
 *
 * @typedef {import("convscope/studio/answers.js").AskedQuestion} Asked
 * @typedef {import("convscope/studio/answers.js").Verdict} Verdict
 */

import { element } from "convscope/kit/dom.js";
import { number } from "convscope/kit/number.js";
import { problemBox } from "convscope/kit/problem.js";
import { post } from "convscope/studio/api.js";
import { grids, line, table } from "convscope/studio/lesson/exhibit.js";

/**
 * @typedef {object} Setting
 * @property {string} chapter  name of the chapter
 * @property {URLSearchParams} asked  model and picture
 * @property {string[]} right  names of the questions answered correctly so far
 * @property {(name: string) => void} onRight  called when a question is answered correctly
 * @property {(value: number) => void} onShown  called with the number hidden by a question, once it may be
 *   shown
 */

/**
 * @param {Asked[]} questions
 * @param {Setting} setting
 */
export function forms(questions, setting) {
  return questions.map((one, place) => form(one, place + 1, setting));
}

/**
 * @param {Asked} one
 * @param {number} place
 * @param {Setting} setting
 */
function form(one, place, { chapter, asked, right, onRight, onShown }) {
  const verdict = element("div", { class: "verdict", role: "status" });
  const mark = element("span", { class: "question-mark" }, String(place));
  const tick = () => {
    mark.textContent = "✓";
    mark.classList.add("done");
    mark.setAttribute("aria-label", "answered correctly");
    mark.setAttribute("role", "img");
  };
  if (right.includes(one.name)) tick();
  const send = async (/** @type {number | null} */ answer) => {
    try {
      /** @type {Verdict} */
      const found = await post(`/api/lesson/${chapter}/questions/${one.name}?${asked}`, { answer });
      verdict.replaceChildren(...judged(found, one.unit, answer === null));
      if (found.right) {
        tick();
        onRight(one.name);
      }
      if (found.answer !== null && one.hides !== null) onShown(one.hides);
    } catch (error) {
      verdict.replaceChildren(problemBox(error));
    }
  };
  const field = one.options.length ? options(one) : numberField(one);
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const given = field.given();
    if (given === null) verdict.replaceChildren(element("p", {}, "Enter an answer first; a guess will do."));
    else send(given);
  };
  return element(
    "form",
    { class: "question", submit, novalidate: true },
    element(
      "fieldset",
      {},
      element("legend", {}, mark, " ", line(one.prompt)),
      one.grids.length > 0 && element("div", { class: "grids" }, grids(one.grids)),
      one.tables.map(table),
      field.element,
      element(
        "p",
        { class: "choices" },
        element("button", { type: "submit" }, "Check"),
        element("button", { type: "button", class: "plain", click: () => send(null) }, "Show the answer"),
      ),
      verdict,
    ),
  );
}

/**
 * @param {Asked} one
 * @returns {{element: HTMLElement, given: () => number | null}}
 */
function options({ name, options }) {
  const inputs = options.map((_, place) => element("input", { type: "radio", name, value: place }));
  return {
    element: element(
      "div",
      { class: "options" },
      inputs.map((input, place) => element("label", {}, input, ` ${options[place]}`)),
    ),
    given: () => {
      const place = inputs.findIndex(({ checked }) => checked);
      return place < 0 ? null : place;
    },
  };
}

/**
 * Create a field for numbers, with a decimal point or comma, a minus sign or a hyphen.
 *
 * @param {Asked} one
 * @returns {{element: HTMLElement, given: () => number | null}}
 */
function numberField({ unit }) {
  const input = element("input", { type: "text", inputmode: "text", autocomplete: "off", size: 12 });
  return {
    element: element("p", {}, element("label", {}, "your answer ", input, unit ? ` ${unit}` : null)),
    given: () => {
      const written = input.value.trim().replace("−", "-").replace(",", ".").replace(/%$/, "");
      return written !== "" && Number.isFinite(Number(written)) ? Number(written) : null;
    },
  };
}

/**
 * @param {Verdict} verdict
 * @param {string} unit
 * @param {boolean} revealed
 */
function judged({ right, why, working, answer }, unit, revealed) {
  const title = right ? "Correct." : revealed ? "The answer" : "Not yet.";
  return [
    element("p", {}, element("strong", { class: right ? "right" : "" }, title), why ? ` ${why}` : null),
    ...working.map((one) => element("p", { class: "equation" }, line(one))),
    answer === null
      ? element("p", { class: "quiet" }, "Work it out from there, and check again.")
      : element(
          "p",
          { class: "equation" },
          typeof answer === "number" ? ["= ", number(answer)] : ["So: ", answer],
          unit ? ` ${unit}` : null,
        ),
  ];
}
