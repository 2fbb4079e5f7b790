/**
 * How the network stands as a picture: a column of maps for each step, a strip for each column of numbers. On a
 * narrow screen the whole is turned, and each column lies as a row.
 *
 * @typedef {import("convscope/playground/engine/network.js").StepDescription} Step
 * @typedef {{x: number, y: number, width: number, height: number}} Box  in screen pixels
 * @typedef {"image" | "maps" | "strip" | "numbers"} Look
 * @typedef {object} Column
 * @property {number} place  of the step in the chain
 * @property {Look} look
 * @property {string} title
 * @property {number} count  how many boxes
 * @property {Box[]} boxes
 *
 * @typedef {{columns: Column[], height: number, isTurned: boolean, answer: Box}} Layout
 */

const GAP_SHARE = 0.06; // of the room of a column that lies between its maps
const LARGEST_GAP = 14;
const STRIP = 12;
const CAPTION = 40;
const ANSWER_WIDTH = 208;
const LEAST_DISTANCE = 40; // between two columns
const BESIDE = 10; // between the last numbers and the answer
const NARROW = 640;
const TOOLS = 372; // width of the examples in one row

/**
 * The columns of a chain, without their boxes. Softmax has none: its numbers are the bars of the answer.
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
    // flattened maps stay beside their maps, a piece for each
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
 * Places the boxes.
 *
 * @param {Column[]} columns
 * @param {Step[]} steps
 * @param {number} width  of the room
 * @param {number} height  that it would best have
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
 * The boxes of a column, one below the other, spread over the room.
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
 * Flattened pieces stand exactly beside their maps.
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
 * How wide a column is: maps get a whole number of pixels a cell where they can.
 *
 * @param {Column} column
 * @param {Step[]} steps
 * @param {number} room  the column's length
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
  let y = side + (width < TOOLS ? 92 : 60); // below the examples, which take a row or two
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
