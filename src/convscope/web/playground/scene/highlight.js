/**
 * What is highlighted when a cell is hovered: the cell, its window, its receptive field in all earlier steps,
 * and what it affects.
 *
 * @typedef {import("convscope/playground/engine/network.js").Step} Step
 * @typedef {import("convscope/playground/reach.js").Cell} Cell
 * @typedef {import("convscope/playground/reach.js").Region} Region
 * @typedef {import("convscope/playground/scene/columns.js").Layout} Layout
 * @typedef {import("convscope/playground/scene/columns.js").Box} Box
 * @typedef {import("convscope/playground/scene/lines.js").Line} Line
 */

import { consequences, sources } from "convscope/playground/reach.js";

/**
 * Return the frames to draw around cells.
 *
 * @param {Step[]} steps
 * @param {Layout} layout
 * @param {Cell} cell
 * @returns {{role: "input" | "output" | "far", box: Box}[]}
 */
export function frames(steps, layout, cell) {
  const back = [...sources(steps, cell)].map(([place, region]) => {
    const role = place === cell.place - 1 || place === 0 ? "input" : "far";
    return { place, region, role };
  });
  const ahead = [...consequences(steps, cell)].map(([place, region]) => ({ place, region, role: "output" }));
  const own = { map: cell.map, rectangle: { top: cell.row, left: cell.column, height: 1, width: 1 } };
  const all = [...back, ...ahead, { place: cell.place, region: own, role: "output" }];
  return all.flatMap(({ place, region, role }) =>
    boxesOf(steps, layout, place, region).map((box) => ({ role: /** @type {any} */ (role), box })),
  );
}

/**
 * @param {Step[]} steps
 * @param {Layout} layout
 * @param {number} place
 * @param {Region} region
 * @returns {Box[]}
 */
function boxesOf(steps, { columns }, place, { map, rectangle }) {
  const { boxes, look } = columns[place];
  if (look === "numbers") return map === null ? boxes : [boxes[map]];
  if (look === "strip" && steps[place].kind !== "flattening") return [];
  const [, high, wide] = steps[place].inputShape;
  const [, rows, cells] = look === "strip" ? [0, high * wide, 1] : steps[place].shape;
  return boxes
    .filter((_, index) => map === null || index === map)
    .map(({ x, y, width, height }) => ({
      x: x + (rectangle.left / cells) * width,
      y: y + (rectangle.top / rows) * height,
      width: (rectangle.width / cells) * width,
      height: (rectangle.height / rows) * height,
    }));
}

/**
 * Return the lines connected to a cell: from everything its map reads, and on to the prediction.
 *
 * @param {Line[]} lines
 * @param {Layout} layout
 * @param {Cell} cell
 */
export function path(lines, { columns }, { place, map }) {
  /** @type {Set<string>} */
  const reached = new Set([`${place}.${map}`]);
  const key = (/** @type {number} */ column, /** @type {number} */ box) => `${columns[column].place}.${box}`;
  const back = [...lines].reverse().filter(({ column, from, to }) => {
    if (columns[column].place > place || !reached.has(key(column, to))) return false;
    reached.add(key(column - 1, from));
    return true;
  });
  const onward = new Set([`${place}.${map}`]);
  const ahead = lines.filter(({ column, from, to }) => {
    if (columns[column].place <= place || !onward.has(key(column - 1, from))) return false;
    onward.add(key(column, to));
    return true;
  });
  return { back, ahead };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {ReturnType<typeof frames>} all
 * @param {Record<"input" | "output" | "far" | "ground", string>} colours
 */
export function drawFrames(pen, all, colours) {
  for (const { role, box } of all) {
    const thick = role === "far" ? 1 : 2;
    const [width, height] = [Math.max(box.width, 4), Math.max(box.height, 4)];
    const [x, y] = [box.x - (width - box.width) / 2, box.y - (height - box.height) / 2];
    pen.lineWidth = thick + 2;
    pen.strokeStyle = colours.ground;
    pen.strokeRect(x, y, width, height);
    pen.lineWidth = thick;
    pen.strokeStyle = colours[role];
    pen.strokeRect(x, y, width, height);
  }
}
