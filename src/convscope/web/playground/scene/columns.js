/**
 * The layout of the network diagram: one column of maps per step, one strip per vector. On narrow screens it
 * is transposed, so that each column becomes a row.
 *
 * @typedef {import("convscope/playground/engine/network.js").StepDescription} Step
 * @typedef {{x: number, y: number, width: number, height: number}} Box  in screen pixels
 * @typedef {"image" | "maps" | "strip" | "numbers"} Look
 * @typedef {object} Column
 * @property {number} place  index of the step in the chain
 * @property {Look} look
 * @property {string} title
 * @property {number} count  number of boxes
 * @property {Box[]} boxes
 *
 * @typedef {{columns: Column[], height: number, isTurned: boolean, answer: Box}} Layout
 */

const GAP_SHARE = 0.06; // fraction of a column's length used for the gaps between maps
const LARGEST_GAP = 14;
const STRIP = 12;
const CAPTION = 40;
const ANSWER_WIDTH = 208;
const LEAST_DISTANCE = 40; // between two columns
const BESIDE = 10; // between the last neurons and the prediction
const NARROW = 640;
const TOOLS = 372; // width of the example buttons in one row

/**
 * Return the columns of a chain, without their boxes. Softmax has no column: its output is the bar chart.
 *
 * @param {Step[]} steps
 * @returns {Column[]}
 */
export function columnsOf(steps) {
  /** @type {Record<string, number>} */
  const counts = {};
  return steps.slice(0, -1).map(({ kind, title, shape }, place) => {
    const isLast = place === steps.length - 2;
    counts[kind] = (counts[kind] ?? 0) + 1;
    const look = kind === "image" ? "image" : shape.length === 3 ? "maps" : isLast ? "numbers" : "strip";
    // a flattened map is one strip next to its map
    const count =
      kind === "flattening"
        ? steps[place - 1].shape[0]
        : shape.length === 3
          ? shape[0]
          : isLast
            ? shape[0]
            : 1;
    return { place, look, title: short(kind, title, counts[kind]), count, boxes: [] };
  });
}

/**
 * @param {string} kind
 * @param {string} title
 * @param {number} count
 */
function short(kind, title, count) {
  if (kind === "convolution") return `conv ${count}`;
  if (kind === "full_connection") return "full";
  return { max_pooling: "max pool", average_pooling: "mean pool", flattening: "flatten" }[kind] ?? title;
}

/**
 * Place the boxes.
 *
 * @param {Column[]} columns
 * @param {Step[]} steps
 * @param {number} width  available
 * @param {number} height  preferred
 * @returns {Layout}
 */
export function layout(columns, steps, width, height) {
  return width < NARROW ? turned(columns, steps, width) : upright(columns, steps, width, height);
}

/**
 * @param {Column[]} columns
 * @param {Step[]} steps
 * @param {number} width
 * @param {number} height
 * @returns {Layout}
 */
function upright(columns, steps, width, height) {
  const answerWidth = Math.max(ANSWER_WIDTH, Math.min(320, width * 0.17));
  let room = height - CAPTION;
  let sizes = columns.map((column) => sizeOf(column, steps, room));
  const taken = () => sizes.reduce((sum, size) => sum + size, answerWidth);
  while (room > 160 && (width - taken()) / columns.length < LEAST_DISTANCE) {
    room -= 8;
    sizes = columns.map((column) => sizeOf(column, steps, room));
  }
  const distance = Math.max(4, (width - taken() - BESIDE) / (columns.length - 1));
  let x = 0;
  columns.forEach((column, index) => {
    const size = sizes[index];
    column.boxes =
      column.look === "image" ? [{ x, y: CAPTION, width: size, height: size }] : along(column, size, room);
    if (column.look !== "image") for (const box of column.boxes) box.x = x;
    x += size + distance;
  });
  align(columns);
  return {
    columns,
    height: room + CAPTION,
    isTurned: false,
    answer: { x: x - distance + BESIDE, y: 0, width: answerWidth, height: room },
  };
}

/**
 * Return the boxes of a column, distributed evenly along it.
 *
 * @param {Column} column
 * @param {number} size
 * @param {number} room
 * @returns {Box[]}
 */
function along({ look, count }, size, room) {
  const tall = look === "numbers" ? Math.min(size, room / count - 4) : look === "strip" ? room / count : size;
  const distance = count > 1 ? (room - tall) / (count - 1) : 0;
  const start = count > 1 ? 0 : (room - tall) / 2;
  return Array.from({ length: count }, (_, map) => ({
    x: 0,
    y: CAPTION + start + map * distance,
    width: size,
    height: tall,
  }));
}

/**
 * Align the strip of each flattened map with its map.
 *
 * @param {Column[]} columns
 */
function align(columns) {
  columns.forEach((column, index) => {
    const before = columns[index - 1];
    if (column.look !== "strip" || column.count !== before.count || before.look !== "maps") return;
    column.boxes.forEach((box, map) =>
      Object.assign(box, { y: before.boxes[map].y, height: before.boxes[map].height }),
    );
  });
}

/**
 * Return the width of a column. If possible, each cell of a map is a whole number of pixels.
 *
 * @param {Column} column
 * @param {Step[]} steps
 * @param {number} room  length of the column
 */
function sizeOf({ look, count, place }, steps, room) {
  const cells = steps[place].shape[2] ?? 1;
  if (look === "strip") return STRIP;
  if (look === "numbers") return Math.max(14, Math.min(28, room / count - 6));
  if (look === "image") return whole(Math.min(room * 0.62, 560), cells);
  const gap = Math.min(LARGEST_GAP, (room / count) * GAP_SHARE + 1);
  return whole(Math.min((room - (count - 1) * gap) / count, room * 0.25), cells);
}

/**
 * @param {number} size
 * @param {number} cells
 */
function whole(size, cells) {
  return size >= cells ? Math.floor(size / cells) * cells : Math.max(8, Math.floor(size));
}

/**
 * @param {Column[]} columns
 * @param {Step[]} steps
 * @param {number} width
 * @returns {Layout}
 */
function turned(columns, steps, width) {
  const side = whole(Math.min(width * 0.6, 280), steps[0].shape[2]);
  const answer = { x: side + 12, y: 0, width: width - side - 12, height: side };
  let y = side + (width < TOOLS ? 92 : 60); // below the examples, which take one or two rows
  columns.forEach((column) => {
    const { look, count, place } = column;
    if (look === "image") {
      column.boxes = [{ x: 0, y: 0, width: side, height: side }];
      return;
    }
    const cells = steps[place].shape[2] ?? 1;
    const isThin = look === "strip";
    const most = look === "numbers" ? 30 : 72;
    const size = isThin
      ? width / count
      : whole(Math.min(most, width / count - 2), look === "maps" ? cells : 1);
    const tall = isThin ? STRIP : size;
    const distance = count > 1 ? (width - size) / (count - 1) : 0;
    y += 18;
    column.boxes = Array.from({ length: count }, (_, map) => ({
      x: map * distance,
      y,
      width: size,
      height: tall,
    }));
    y += tall + 22;
  });
  return { columns, height: y, isTurned: true, answer };
}
