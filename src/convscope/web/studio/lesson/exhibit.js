/**
 * What a page of the lesson shows, as the server tells it: maps, grids of numbers, tables, lines of arithmetic.
 *
 * @typedef {import("convscope/studio/answers.js").Exhibit} Exhibit
 * @typedef {import("convscope/studio/answers.js").Map} ShownMap
 * @typedef {import("convscope/studio/answers.js").Grid} Grid
 * @typedef {import("convscope/studio/answers.js").Table} Table
 */

import { unpackAll } from "convscope/kit/arrays.js";
import { board } from "convscope/kit/board.js";
import { choice } from "convscope/kit/choice.js";
import { limitOf } from "convscope/kit/colours.js";
import { element, head } from "convscope/kit/dom.js";
import { numberGrid } from "convscope/kit/grid.js";
import { legend } from "convscope/kit/legend.js";
import { cellSize, pixelPaint, rem, signedPaint } from "convscope/kit/maps.js";
import { column, number } from "convscope/kit/number.js";
import { problemBox } from "convscope/kit/problem.js";
import { redraw } from "convscope/kit/redraw.js";
import { get } from "convscope/studio/api.js";
import { theme } from "convscope/kit/theme.js";

const ROOM = 20; // times the text's size, that a map may take

/**
 * Shows a page's exhibit, and another cell or map of it whenever one is chosen.
 *
 * @param {HTMLElement} root
 * @param {string} page
 * @param {URLSearchParams} asked  model and picture
 * @param {Record<string, string>} [where]  channel, row and column
 */
export async function exhibit(root, page, asked, where = {}) {
  try {
    const query = new URLSearchParams([...asked, ...Object.entries(where)]);
    /** @type {Exhibit} */
    const found = await unpackAll(await get(`/api/lesson/${page}?${query}`));
    const go = (/** @type {Record<string, string>} */ changed) =>
      exhibit(root, page, asked, { ...where, ...changed });
    const maps = drawnMaps(found.maps, root.clientWidth, go);
    redraw(root, () => [
      found.choice ? select(found.choice, go) : "",
      element("div", { class: "pair" }, maps),
      element("div", { class: "grids" }, grids(found.grids)),
      found.tables.map(table),
      element(
        "div",
        { class: "stack", "aria-live": "polite" },
        found.lines.map((one) => element("p", { class: "equation" }, line(one))),
      ),
    ]);
  } catch (error) {
    root.replaceChildren(problemBox(error));
  }
}

/**
 * @param {NonNullable<Exhibit["choice"]>} choices
 * @param {(changed: Record<string, string>) => void} go
 */
function select({ label, options, chosen }, go) {
  const named = Object.fromEntries(options.map((name, place) => [String(place), name]));
  return element(
    "p",
    {},
    choice(label, String(chosen), named, (value) => go({ channel: value })),
  );
}

/**
 * Signed maps beside each other have one scale.
 *
 * @param {ShownMap[]} maps
 * @param {number} width  of the page
 * @param {(changed: Record<string, string>) => void} go
 */
function drawnMaps(maps, width, go) {
  const limit = Math.max(0, ...maps.map(({ pixels, values }) => (pixels ? 0 : limitOf(values.data))));
  return maps.map((one) => map(one, limit, width, go));
}

/**
 * @param {ShownMap} one
 * @param {number} limit
 * @param {number} width  of the page
 * @param {(changed: Record<string, string>) => void} go
 */
function map({ caption, role, pixels, values, window, at }, limit, width, go) {
  const now = theme();
  const [, height, columns] = values.shape;
  const picture = {
    height,
    width: columns,
    cell: cellSize(columns, height, Math.min(rem(ROOM), width), rem(ROOM)),
    paint: pixels ? pixelPaint(values) : signedPaint(values.data, limit, now),
  };
  const pick = (/** @type {number} */ row, /** @type {number} */ column) =>
    go({ row: String(row), column: String(column) });
  const drawn = board(picture, now, {
    label: at ? `${caption}: row ${at[0]}, column ${at[1]}; arrow keys move` : caption,
    listener: at ? { pick, steered: true } : undefined,
  });
  drawn.element.dataset.name = caption; // its label changes with the cell
  if (window) drawn.outline("input", window);
  if (at) drawn.outline("output", { top: at[0], left: at[1], height: 1, width: 1 });
  return element(
    "figure",
    {},
    element("figcaption", { class: role }, caption),
    drawn.element,
    pixels ? null : legend(limit, now),
  );
}

/** @param {(string | number)[]} pieces */
export function line(pieces) {
  return pieces.map((one) => (typeof one === "number" ? number(one) : one));
}

/**
 * Grids of numbers; those of one thing, a grid for each channel of it, stay together.
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
  const drawn = list.map(({ caption, role, rows, marked, pixels }) => {
    const columns = rows[0].length;
    const cells = rows.flat().map((value, place) => {
      const isMarked = marked !== null && place === marked[0] * columns + marked[1];
      return { value: value ?? 0, role: value === null ? "padding" : isMarked ? "winner" : "" };
    });
    const limit = pixels ? 0 : limits[role === "weights" ? role : "others"]; // pixels are no signed numbers
    return numberGrid({ caption, role, cells, columns, limit }, now);
  });
  const things = [...new Set(list.map(thing))];
  const inTurn = list.some((one, place) => place > 0 && thing(one) === thing(list[place - 1]));
  // window, filter and products of each channel stand beside each other
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
 * What stands between a grid and the one before it: a window times a filter is what they give.
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
