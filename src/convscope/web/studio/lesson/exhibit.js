/**
 * The exhibit of a lesson page: views from the walk, and the numbers used in its questions.
 *
 * @typedef {import("convscope/studio/answers.js").Exhibit} Exhibit
 * @typedef {import("convscope/studio/answers.js").Grid} Grid
 * @typedef {import("convscope/studio/answers.js").Table} Table
 */

import { limitOf } from "convscope/kit/colours.js";
import { element, head } from "convscope/kit/dom.js";
import { numberGrid } from "convscope/kit/grid.js";
import { column, number } from "convscope/kit/number.js";
import { problemBox } from "convscope/kit/problem.js";
import { get } from "convscope/studio/api.js";
import { theme } from "convscope/kit/theme.js";
import { stepNamed } from "convscope/walk/chain.js";
import { KINDS } from "convscope/walk/kinds.js";
import { makeReady, read } from "convscope/walk/reading.js";
import { stage } from "convscope/walk/stage.js";

/**
 * Draw the steps that a page explains.
 *
 * @param {HTMLElement} root
 * @param {string} page
 * @param {URLSearchParams} asked  model and picture
 * @param {import("convscope/walk/stage.js").Elsewhere} whole  target of links: the page with the whole walk
 * @param {AbortSignal} signal  removes the event listeners
 */
export async function exhibit(root, page, asked, whole, signal) {
  try {
    const [{ stops }, walk] = await Promise.all([
      get(`/api/lesson/${page}?${asked}`),
      get(`/api/lesson/${page}/walk?${asked}`),
    ]);
    const chain = await read(walk, KINDS);
    for (const stop of /** @type {Exhibit["stops"]} */ (stops)) {
      const step = stepNamed(chain, stop.step);
      if (!step) continue;
      await makeReady(step);
      if (signal.aborted) return;
      const place = element("div", { class: "stage" });
      if (stops.length > 1) root.append(element("h2", {}, step.title));
      root.append(place);
      stage(place, chain, stop, whole, signal);
    }
  } catch (error) {
    root.replaceChildren(problemBox(error));
  }
}

/** @param {(string | number)[]} pieces */
export function line(pieces) {
  return pieces.map((one) => (typeof one === "number" ? number(one) : one));
}

/**
 * Draw grids of numbers. Grids of the same thing, one per channel, are kept together.
 *
 * @param {Grid[]} list
 */
export function grids(list) {
  const now = theme();
  const limitOfThose = (/** @type {(role: Grid["role"]) => boolean} */ are) =>
    limitOf(
      list.filter(({ role }) => are(role)).flatMap(({ rows }) => rows.flat().map((value) => value ?? 0)),
    );
  const limits = {
    weights: limitOfThose((role) => role === "weights"),
    others: limitOfThose((role) => role !== "weights"),
  };
  const drawn = list.map(({ caption, role, rows, marked }) => {
    const columns = rows[0].length;
    const cells = rows.flat().map((value, place) => {
      const isMarked = marked !== null && place === marked[0] * columns + marked[1];
      return { value: value ?? 0, role: value === null ? "padding" : isMarked ? "winner" : "" };
    });
    const limit = limits[role === "weights" ? role : "others"];
    return numberGrid({ caption, role, cells, columns, limit }, now);
  });
  const things = [...new Set(list.map(thing))];
  const inTurn = list.some((one, place) => place > 0 && thing(one) === thing(list[place - 1]));
  // group window, filter and products by channel
  const [of, names] = inTurn ? [thing, things] : [channel, [...new Set(list.map(channel))]];
  return names.map((name) =>
    element(
      "span",
      {},
      drawn.flatMap((grid, place) => (of(list[place]) === name ? [sign(list, place), grid] : [])),
    ),
  );
}

/**
 * Return the sign between a grid and the previous one: window × filter = products.
 *
 * @param {Grid[]} list
 * @param {number} place
 */
function sign(list, place) {
  const pair = `${list[place - 1]?.role} ${list[place].role}`;
  return { "input weights": "×", "weights output": "=" }[pair] ?? null;
}

/** @param {Grid} grid */
function thing({ caption }) {
  return caption.split(",")[0];
}

/** @param {Grid} grid */
function channel({ caption }) {
  return caption.split(", ")[1] ?? "";
}

/** @param {Table} table */
export function table({ caption, head: titles, rows }) {
  const columns = titles.slice(1).map((_, place) => column(rows.map((row) => Number(row[place + 1]))));
  return element(
    "div",
    { class: "wide", tabindex: 0, role: "group", "aria-label": caption },
    element(
      "table",
      { class: "figures" },
      element("caption", {}, caption),
      head(titles),
      element(
        "tbody",
        {},
        rows.map((row, place) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, String(row[0])),
            columns.map((one) => element("td", {}, one[place])),
          ),
        ),
      ),
    ),
  );
}
