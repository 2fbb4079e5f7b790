/** The invariance lab: the picture moves; how far do the maps move, before and after pooling, and the answer? */

import { range } from "convscope/arrays.js";
import { bars } from "convscope/bars.js";
import { largestFirst } from "convscope/chain.js";
import { chart } from "convscope/curves.js";
import { element } from "convscope/dom.js";
import { choice } from "convscope/choice.js";
import { three } from "convscope/numbers.js";

/**
 * @typedef {import("convscope/chain.js").Change} Change
 * @typedef {import("convscope/chain.js").Chain} Chain
 */

const MOST_CLASSES = 4;

/**
 * @param {import("convscope/view.js").Context} context
 * @returns {import("convscope/view.js").View}
 */
export function invariance({ chain, state, set }) {
  if (chain.invariance.length === 0)
    return { below: [element("p", {}, "This was not computed for this walk.")] };
  const names = Object.fromEntries(chain.invariance.map(({ change }) => [change, change]));
  const change = chain.invariance.find((one) => one.change === state.options.change) ?? chain.invariance[0];
  const start = Number(state.options.amount ?? neutral(change));
  const drawn = element("div", { class: "lab" });
  const slider = element("input", {
    type: "range",
    min: 0,
    max: change.amounts.length - 1,
    value: start,
    "aria-label": `how much to ${change.change}`,
    input: () => draw(Number(slider.value)),
    change: () => set("amount", slider.value),
  });
  const draw = (/** @type {number} */ index) => {
    const place = Math.min(Math.max(index, 0), change.amounts.length - 1) || 0;
    slider.setAttribute("aria-valuetext", amountText(change, place));
    drawn.replaceChildren(...lab(chain, change, place));
  };
  draw(start);
  return {
    below: [
      element(
        "p",
        { class: "choices" },
        choice("change", change.change, names, (name) => {
          set("amount", "");
          set("change", name);
        }),
        slider,
      ),
      drawn,
    ],
  };
}

/**
 * @param {Chain} chain
 * @param {Change} change
 * @param {number} index  which amount
 */
function lab({ classes }, change, index) {
  const { amounts, before, after, probabilities } = change;
  const count = classes.length;
  const share = (/** @type {number} */ amount, /** @type {number} */ one) =>
    probabilities.data[amount * count + one];
  const logit = (/** @type {number} */ amount, /** @type {number} */ one) =>
    change.logits.data[amount * count + one];
  const now = range(count).map((one) => share(index, one));
  const leading = largestFirst(now).slice(0, MOST_CLASSES);
  const followed = largestFirst(
    range(count).map((one) => Math.max(...range(amounts.length).map((amount) => share(amount, one)))),
  ).slice(0, MOST_CLASSES);
  const across = `${change.change} (${change.unit})`;
  return [
    element(
      "figure",
      {},
      element("img", {
        src: change.thumbnails[index],
        alt: `the picture at ${amountText(change, index)}`,
        class: "moved",
      }),
      element("figcaption", {}, amountText(change, index)),
      bars(
        leading.map((one) => ({ label: classes[one], value: now[one] })),
        { caption: "the answer now", shares: true },
      ),
    ),
    element(
      "figure",
      {},
      element("figcaption", {}, "How far the first maps move"),
      chart(
        [
          { name: "no pooling", x: amounts, y: before },
          { name: "max", x: amounts, y: after.max },
          { name: "average", x: amounts, y: after.average },
          { name: "first cell", x: amounts, y: after.none },
        ],
        {
          title: `relative distance of the maps against ${across}`,
          across,
          up: "relative distance",
          at: amounts[index],
          highest: 1,
        },
      ),
      numbersTable(change, index),
      element(
        "p",
        { class: "quiet" },
        "“First cell” shrinks the maps like pooling does, but keeps the first cell of each window, whatever it is.",
      ),
    ),
    element(
      "figure",
      {},
      element("figcaption", {}, "How the logits move"),
      chart(
        followed.map((one) => ({
          name: classes[one],
          x: amounts,
          y: range(amounts.length).map((amount) => logit(amount, one)),
        })),
        { title: `logits against ${across}`, across, up: "logit", at: amounts[index] },
      ),
    ),
  ];
}

/**
 * @param {Change} change
 * @param {number} index
 */
function numbersTable({ before, after }, index) {
  const rows = [
    ["no pooling", before[index]],
    ["max pooling", after.max[index]],
    ["average pooling", after.average[index]],
    ["first cell", after.none[index]],
  ];
  return element(
    "table",
    { class: "figures" },
    element("caption", {}, "distance from the unmoved picture's maps"),
    element(
      "tbody",
      {},
      rows.map(([name, value]) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, String(name)),
          element("td", {}, three(Number(value))),
        ),
      ),
    ),
  );
}

/**
 * @param {Change} change
 * @param {number} index
 */
function amountText({ change, amounts, unit }, index) {
  return `${change} ${three(amounts[index])}${unit === "°" ? "" : " "}${unit}`;
}

/** @param {Change} change  the amount that leaves the picture as it is */
function neutral({ before }) {
  return before.indexOf(Math.min(...before));
}
