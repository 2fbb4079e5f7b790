/**
 * An exact decomposition of a logit: the contribution of every cell of a feature map, and the table that adds
 * them up.
 */

import { bar } from "convscope/kit/bars.js";
import { choice } from "convscope/kit/choice.js";
import { element, head, link } from "convscope/kit/dom.js";
import { format } from "convscope/kit/address.js";
import { column } from "convscope/kit/number.js";
import { full } from "convscope/kit/numbers.js";
import { stepNamed } from "convscope/walk/chain.js";
import { evenly, mapOnPicture } from "convscope/walk/map_on_picture.js";
import { outputName } from "convscope/walk/truth.js";

/**
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/document.js").ClassEvidence} ClassEvidence
 */

/** @param {Context} context */
export function evidence(context) {
  const { chain, state, set } = context;
  const found = chain.why?.evidence;
  if (!found) return null;
  const predicted = chain.predicted ?? 0;
  const asked = Number(state.options.class ?? predicted);
  const of = (/** @type {number} */ index) => found.classes.find(({ class_index }) => class_index === index);
  const chosen = of(asked) ?? of(predicted) ?? found.classes[0];
  const names = Object.fromEntries(
    found.classes.map(({ class_index }) => [class_index, chain.classes[class_index]]),
  );
  const name = chain.classes[chosen.class_index];
  return element(
    "section",
    {},
    element("h2", {}, `Class map: what each place adds to the logit of ${name}`),
    choice(outputName(chain), String(chosen.class_index), names, (index) => set("class", index)),
    mapOnPicture(context, chosen.map, evenly(context, chosen.map)),
    element("p", { class: "quiet" }, found.text),
    table(context, chosen),
    element(
      "p",
      { class: "check" },
      `The bias and the sum over all places: ${full(total(chosen))}; the logit of ${name}: ${full(chosen.logit)}.`,
    ),
  );
}

/** @param {ClassEvidence} of */
function total({ bias, parts }) {
  return parts.reduce((sum, part) => sum + part.total, bias);
}

/**
 * List the bias, the sum of each step's contributions, and the logit.
 *
 * @param {Context} context
 * @param {ClassEvidence} of
 */
function table({ chain, state }, { bias, logit, parts }) {
  const values = [bias, ...parts.map((part) => part.total), logit];
  const written = column(values);
  const span = 2 * Math.max(...values.map(Math.abs)) || 1;
  const line = (/** @type {import("convscope/kit/dom.js").Leaf} */ title, /** @type {number} */ index) => {
    const size = Math.abs(values[index]);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, title),
      element("td", {}, written[index]),
      element(
        "td",
        { class: "track" },
        bar(span / 2 - (values[index] < 0 ? size : 0), size, span, values[index] < 0),
      ),
    );
  };
  const titleOf = (/** @type {string} */ name) => {
    const step = stepNamed(chain, name);
    return link(format({ ...state, trail: [{ step: name, place: [] }] }), step?.title ?? name);
  };
  return element(
    "table",
    { class: "bars evidence" },
    element("caption", {}, "What the logit is made of"),
    head(["from all places of", "adds", "as a bar"]),
    element(
      "tbody",
      {},
      line("the bias", 0),
      parts.map(({ step }, index) => line(titleOf(step), index + 1)),
    ),
    element("tfoot", {}, line("the logit", values.length - 1)),
  );
}
