/** A bar chart that starts at 0, one row per number. A row can be a button that selects it. */

import { element } from "convscope/kit/dom.js";
import { column } from "convscope/kit/number.js";
import { full, percent } from "convscope/kit/numbers.js";

/**
 * Draw a bar chart.
 *
 * @typedef {{label: string, value: number}} Bar
 *
 * @param {Bar[]} bars
 * @param {object} setting
 * @param {string} setting.caption
 * @param {number} [setting.chosen]
 * @param {(index: number) => void} [setting.onChoose]
 * @param {boolean} [setting.shares]  whether the values are fractions of 1, shown as percentages on tracks
 *   that end at 1
 * @param {boolean[]} [setting.answers]  which rows are part of the prediction
 * @param {number[]} [setting.marks]  a reference value to mark on each track
 */
export function bars(bars, { caption, chosen, onChoose, shares = false, answers = [], marks = [] }) {
  const largest = shares ? 1 : Math.max(0, ...bars.map(({ value }) => value));
  const smallest = Math.min(0, ...bars.map(({ value }) => value));
  const span = largest - smallest || 1;
  const written = shares ? bars.map(({ value }) => percent(value)) : column(bars.map(({ value }) => value));
  const rows = bars.map(({ label, value }, index) => {
    const name = onChoose
      ? element(
          "button",
          { type: "button", "aria-pressed": String(index === chosen), click: () => onChoose(index) },
          label,
        )
      : label;
    return element(
      "tr",
      {
        class: [index === chosen && "chosen", answers[index] && "answered"].filter(Boolean).join(" ") || null,
      },
      element("th", { scope: "row" }, name),
      element("td", { title: shares && full(value) }, written[index]),
      element(
        "td",
        { class: "track" },
        bar(Math.min(0, value) - smallest, Math.abs(value), span, value < 0),
        index in marks && mark((marks[index] - smallest) / span),
      ),
    );
  });
  return element("table", { class: "bars" }, element("caption", {}, caption), element("tbody", {}, rows));
}

/**
 * Draw one bar on its track.
 *
 * @param {number} start
 * @param {number} length
 * @param {number} span  the value at the full width of the track
 * @param {boolean} negative
 */
export function bar(start, length, span, negative) {
  const made = element("span", { class: negative ? "bar negative" : "bar positive" });
  made.hidden = length === 0;
  made.style.left = `${(start / span) * 100}%`;
  made.style.width = `${(length / span) * 100}%`;
  return made;
}

/** Draw a reference mark on a track. @param {number} share  position as a fraction of the track's width */
function mark(share) {
  const made = element("span", { class: "mark" });
  made.style.left = `${share * 100}%`;
  return made;
}
