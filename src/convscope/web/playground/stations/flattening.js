/** Station 5: flattening a matrix to a vector. */

import { limitOf, css, inkOn, signed } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { full } from "convscope/kit/numbers.js";
import { theme } from "convscope/kit/theme.js";
import { brief } from "convscope/playground/stage/cells.js";
import { slider, stationFrame, toggles } from "convscope/playground/stations/station.js";

const MOST_ROWS = 13; // in one column; longer vectors are wrapped
const UNROLL = 1600; // milliseconds

/**
 * @param {import("convscope/playground/stations/station.js").Context} context
 * @returns {import("convscope/playground/stations/station.js").Station}
 */
export function flatteningStation({ network }) {
  const place = network.steps.findIndex(({ kind }) => kind === "flattening");
  const [maps, rows, columns] = network.steps[place].inputShape;
  const size = rows * columns;
  let [map, share] = [0, 0];
  const cells = Array.from({ length: size }, () => element("span", { class: "cell" }));
  const stage = element("div", { class: "unrolling", role: "img" }, cells);
  const says = element("p", { class: "quiet" });
  const choose = toggles(
    "map",
    Array.from({ length: maps }, (_, one) => String(one + 1)),
    (one) => {
      map = one;
      draw();
    },
  );
  const way = slider("Matrix to column", { min: 0, max: 1, value: 0, step: 0.01 }, (value) => {
    share = value;
    arrange();
  });
  const play = element("button", { type: "button", click: unroll }, "▶ Unroll");

  function unroll() {
    const goal = share > 0.5 ? 0 : 1;
    const start = performance.now();
    const step = (/** @type {number} */ now) => {
      const done = Math.min(1, (now - start) / UNROLL);
      share = goal ? done : 1 - done;
      way.input.value = String(share);
      arrange();
      if (done < 1 && play.isConnected) requestAnimationFrame(step);
    };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      share = goal;
      way.input.value = String(goal);
      arrange();
    } else requestAnimationFrame(step);
  }

  /** Place the cells: they move one after the other. */
  function arrange() {
    const height = Math.min(MOST_ROWS, size);
    cells.forEach((cell, index) => {
      const own = Math.max(0, Math.min(1, share * 2 - index / size));
      const eased = own * own * (3 - 2 * own);
      const [x0, y0] = [index % columns, Math.floor(index / columns)];
      const [x1, y1] = [columns + 1 + 1.2 * Math.floor(index / height), index % height];
      cell.style.left = `calc(var(--cell-width) * ${x0 + (x1 - x0) * eased})`;
      cell.style.top = `calc(var(--cell-height) * ${y0 + (y1 - y0) * eased})`;
    });
    play.textContent = share > 0.5 ? "▶ Roll up" : "▶ Unroll";
  }

  function draw() {
    const values = network.outputs[place - 1];
    const limit = limitOf(values);
    cells.forEach((cell, index) => {
      const value = values[map * size + index];
      const colour = signed(value, limit, theme());
      cell.textContent = brief(value);
      cell.title = full(value);
      Object.assign(cell.style, { background: css(colour), color: inkOn(colour) });
    });
    stage.setAttribute("aria-label", `map ${map + 1}, ${rows} × ${columns}, as a matrix and as a column`);
    stage.style.setProperty("--rows", String(Math.max(rows, Math.min(MOST_ROWS, size))));
    says.textContent = `Map ${map + 1} becomes the numbers ${map * size + 1} to ${(map + 1) * size} of ${maps * size}: place = (map − 1) × ${size} + (row − 1) × ${columns} + column.`;
    arrange();
  }

  const frame = stationFrame(
    {
      kind: "flattening",
      number: 5,
      title: "Flattening",
      question: "How does a matrix become a column?",
      text: [
        "Row by row, map by map. Nothing is computed, and nothing is lost: each number has a fixed place in the column, so the next step can have a separate weight for each place in each map.",
      ],
      task: "Where in the column is the last number of the first row? Unroll, and see.",
    },
    [element("div", { class: "choices" }, play, way.element), choose.element, stage, says],
  );
  return { kind: "flattening", element: frame, draw };
}
