/**
 * Precision and recall per label, for pictures with several labels.
 *
 * @typedef {import("convscope/studio/answers.js").Figures} Figures
 */

import { element, head } from "convscope/kit/dom.js";
import { count, percent, three } from "convscope/kit/numbers.js";
import { withOptions } from "convscope/studio/place.js";

/** Title of each list of pictures of a label. @type {Record<string, string>} */
export const KINDS = { found: "rightly found", missed: "missed", wrong: "wrongly found" };

/**
 * @param {Figures} figures
 * @param {import("convscope/studio/place.js").Place} place
 */
export function labelTable({ classes, labels }, place) {
  const rows = labels ?? [];
  const most = Math.max(1, ...rows.flatMap(({ missed, wrong }) => [missed, wrong]));
  const cell = (/** @type {number} */ n, /** @type {number} */ label, /** @type {string} */ kind) => {
    if (!n) return element("td", {}, element("span", { class: "quiet" }, "0"));
    const link = element(
      "a",
      {
        href: withOptions(place, { list: kind, label: String(label) }),
        "aria-label": `${n} pictures: ${classes[label]} ${KINDS[kind]}`,
      },
      count(n),
    );
    const made = element("td", { class: kind === "found" ? "right" : "wrong" }, link);
    if (kind !== "found") made.style.setProperty("--share", `${Math.round((60 * n) / most)}%`);
    return made;
  };
  const share = (/** @type {number | null} */ value) =>
    element("td", {}, value === null ? "" : percent(value));
  return [
    element(
      "p",
      { class: "quiet" },
      "One row per label. Missed: the label is present but was not found (false negative). Wrongly found: the label was found but is not present (false positive). Choose a number to see its pictures.",
    ),
    element(
      "div",
      { class: "wide", tabindex: 0, role: "region", "aria-label": "labels" },
      element(
        "table",
        { class: "confusion" },
        head([
          "label",
          ...Object.values(KINDS),
          "precision",
          "recall",
          "F1",
          "average precision",
          "threshold",
        ]),
        element(
          "tbody",
          {},
          rows.map((one, label) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, classes[label]),
              cell(one.found, label, "found"),
              cell(one.missed, label, "missed"),
              cell(one.wrong, label, "wrong"),
              share(one.precision_fraction),
              share(one.recall_fraction),
              share(one.f1_fraction),
              element("td", {}, one.average_precision === null ? "" : three(one.average_precision)),
              share(one.threshold),
            ),
          ),
        ),
      ),
    ),
  ];
}
