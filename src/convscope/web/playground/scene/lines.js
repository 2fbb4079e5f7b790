/**
 * The lines between columns. Width shows the magnitude of the weights, colour their sign.
 *
 * @typedef {import("convscope/playground/engine/network.js").Step} Step
 * @typedef {import("convscope/playground/scene/columns.js").Box} Box
 * @typedef {import("convscope/playground/scene/columns.js").Layout} Layout
 * @typedef {{column: number, from: number, to: number, strength: number, sign: number}} Line  connects a box
 *   of the previous column to one of this column; `strength` is 0 to 1, and 0 if the step has no weights
 */

const THICKEST = 4;

/**
 * Return all lines of a network for its current weights.
 *
 * @param {import("convscope/playground/scene/columns.js").Column[]} columns
 * @param {Step[]} steps
 * @returns {Line[]}
 */
export function linesOf(columns, steps) {
  return columns.slice(1).flatMap(({ place, count, look }, index) => {
    const step = steps[place];
    const before = columns[index];
    if (!step.weight.length) {
      const pairs = count === before.count ? count : 1;
      return Array.from({ length: pairs }, (_, map) => ({
        column: index + 1,
        from: map,
        to: map,
        strength: 0,
        sign: 0,
      }));
    }
    return weighted(step, before.count, look === "strip" ? 1 : count, index + 1);
  });
}

/**
 * Return one line per pair of input and output: the norm of the weights between them, and the sign of their
 * sum.
 *
 * @param {Step} step
 * @param {number} inputs
 * @param {number} outputs
 * @param {number} column
 * @returns {Line[]}
 */
function weighted({ weight }, inputs, outputs, column) {
  const size = weight.length / (inputs * outputs);
  const lines = [];
  let largest = 0;
  for (let to = 0; to < outputs; to++) {
    for (let from = 0; from < inputs; from++) {
      let [squares, sum] = [0, 0];
      for (let k = (to * inputs + from) * size, end = k + size; k < end; k++) {
        squares += weight[k] * weight[k];
        sum += weight[k];
      }
      largest = Math.max(largest, squares);
      lines.push({ column, from, to, strength: squares, sign: Math.sign(sum) });
    }
  }
  for (const line of lines) line.strength = Math.sqrt(line.strength / (largest || 1));
  return lines;
}

/**
 * Draw the lines.
 *
 * @param {CanvasRenderingContext2D} pen
 * @param {Line[]} lines
 * @param {Layout} layout
 * @param {{negative: string, positive: string, none: string}} colours
 * @param {number} [opacity]  of the strongest line
 */
export function drawLines(pen, lines, { columns, isTurned }, colours, opacity = 0.8) {
  pen.lineCap = "butt";
  for (const { column, from, to, strength, sign } of lines) {
    const [start, end] = [columns[column - 1].boxes[from], columns[column].boxes[to]];
    pen.strokeStyle = strength === 0 ? colours.none : sign < 0 ? colours.negative : colours.positive;
    pen.globalAlpha = strength === 0 ? opacity : opacity * (0.06 + 0.94 * strength ** 3);
    pen.lineWidth = strength === 0 ? 1 : 0.4 + THICKEST * strength ** 2;
    pen.beginPath();
    trace(pen, start, end, isTurned);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

/**
 * Trace a curve that leaves and enters the boxes at a right angle.
 *
 * @param {CanvasRenderingContext2D} pen
 * @param {Box} start
 * @param {Box} end
 * @param {boolean} isTurned
 */
function trace(pen, start, end, isTurned) {
  if (isTurned) {
    const [x0, y0, x1, y1] = [
      start.x + start.width / 2,
      start.y + start.height,
      end.x + end.width / 2,
      end.y,
    ];
    const middle = (y0 + y1) / 2;
    pen.moveTo(x0, y0);
    pen.bezierCurveTo(x0, middle, x1, middle, x1, y1);
    return;
  }
  const [x0, y0, x1, y1] = [start.x + start.width, start.y + start.height / 2, end.x, end.y + end.height / 2];
  const middle = (x0 + x1) / 2;
  pen.moveTo(x0, y0);
  pen.bezierCurveTo(middle, y0, middle, y1, x1, y1);
}
