/**
 * The invariance lab: how much the feature maps, before and after pooling, and the prediction change when the
 * picture is shifted, rotated, scaled or squeezed.
 */

import { largestFirst, range } from "convscope/kit/arrays.js";
import { bars } from "convscope/kit/bars.js";
import { choice } from "convscope/kit/choice.js";
import { chart } from "convscope/kit/curves.js";
import { element, flat } from "convscope/kit/dom.js";
import { three } from "convscope/kit/numbers.js";

/**
 * @typedef {import("convscope/walk/document.js").Invariance} Change
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 */

const MOST_CLASSES = 4;
const POOLINGS = {
  "": "the network's own pooling",
  max: "max pooling",
  average: "average pooling",
  none: "no pooling, only the first cell",
};

/** @type {import("convscope/walk/view.js").Extra} */
export const invariance = {
  title: "invariance",
  text: {
    does: "The picture is shifted, rotated, scaled and squeezed, to see how much its feature maps and the answer change.",
    attempt:
      "Move the slider until the answer changes. With which kind of pooling do the maps and the logits change least?",
    more: [
      "The distance is relative: 0 means that the maps are unchanged, 1 that they changed by as much as their own length.",
      "All kinds of pooling get the same maps, so only the pooling differs.",
      "Pooling makes maps more stable under small shifts, but not under large ones: a feature that leaves its window is lost.",
    ],
  },
  isPresent: ({ invariance }) => invariance.length > 0,
  view: draw,
};

/**
 * @param {import("convscope/walk/view.js").Context} context
 * @returns {import("convscope/walk/view.js").View}
 */
function draw({ chain, state, set, absent }) {
  if (chain.invariance.length === 0) return { below: [element("p", { class: "quiet" }, absent)] };
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
    drawn.replaceChildren(...flat(lab(chain, change, place, state.options.pooling ?? "")));
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
        change.by_pooling &&
          choice("logits with", state.options.pooling ?? "", POOLINGS, (name) => set("pooling", name)),
      ),
      drawn,
    ],
  };
}

/**
 * Draw the lab.
 *
 * @param {Chain} chain
 * @param {Change} change
 * @param {number} index  of the amount
 * @param {string} pooling  whose logits are drawn; "" for those of the unmodified network
 */
function lab({ classes }, change, index, pooling) {
  const { amounts, before, after, probabilities } = change;
  const count = classes.length;
  const logits =
    change.by_pooling?.[/** @type {"max" | "average" | "none"} */ (pooling)]?.logits ?? change.logits;
  const share = (/** @type {number} */ amount, /** @type {number} */ one) =>
    probabilities.data[amount * count + one];
  const logit = (/** @type {number} */ amount, /** @type {number} */ one) =>
    logits.data[amount * count + one];
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
        { caption: "prediction", shares: true },
      ),
    ),
    element(
      "figure",
      {},
      element("figcaption", {}, "How much the first maps change"),
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
      distancesTable("distance from the original picture's maps", [
        ["no pooling", before[index]],
        ["max pooling", after.max[index]],
        ["average pooling", after.average[index]],
        ["first cell", after.none[index]],
      ]),
      element(
        "p",
        { class: "quiet" },
        "Keeping only the first cell of each window shrinks the maps as pooling does, but ignores all other cells.",
      ),
    ),
    change.by_pooling && farLogits(change.by_pooling, change, index, across),
    element(
      "figure",
      {},
      element(
        "figcaption",
        {},
        `The logits, with ${POOLINGS[/** @type {keyof typeof POOLINGS} */ (pooling)] ?? POOLINGS[""]}`,
      ),
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
 * Draw how much the logits change if all poolings of the network are of one kind, with the same weights.
 *
 * @param {NonNullable<Change["by_pooling"]>} byPooling
 * @param {Change} change
 * @param {number} index
 * @param {string} across
 */
function farLogits({ max, average, none }, { amounts }, index, across) {
  return element(
    "figure",
    {},
    element("figcaption", {}, "How much the logits change"),
    chart(
      [
        { name: "max", x: amounts, y: max.distances, dash: 1 },
        { name: "average", x: amounts, y: average.distances, dash: 2 },
        { name: "first cell", x: amounts, y: none.distances, dash: 3 },
      ],
      {
        title: `relative distance of the logits against ${across}`,
        across,
        up: "relative distance",
        at: amounts[index],
        highest: 1,
      },
    ),
    distancesTable("distance from the original picture's logits", [
      ["max pooling", max.distances[index]],
      ["average pooling", average.distances[index]],
      ["first cell", none.distances[index]],
    ]),
    element(
      "p",
      { class: "quiet" },
      "The weights are the same; every pooling layer is replaced. They were trained with the network's own pooling, so for the others only compare how much the logits change, not whether the answer is right.",
    ),
  );
}

/**
 * @param {string} caption
 * @param {[string, number][]} rows
 */
function distancesTable(caption, rows) {
  return element(
    "table",
    { class: "figures" },
    element("caption", {}, caption),
    element(
      "tbody",
      {},
      rows.map(([name, value]) =>
        element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, three(value))),
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

/** Return the index of the amount that leaves the picture unchanged. @param {Change} change */
function neutral({ before }) {
  return before.indexOf(Math.min(...before));
}
