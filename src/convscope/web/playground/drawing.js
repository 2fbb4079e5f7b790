/**
 * What is drawn: grey pixels, white on black, as the network sees them. A stroke covers each pixel by how near its
 * middle lies to the line:
 *
 *     pixel = max(pixel, 255 * clamp(radius + 1/2 - distance, 0, 1))
 *
 * A drawing that is small or lies aside can be placed: networks have learned from drawings that fill their picture.
 *
 * @typedef {{x: number, y: number}} Point  in pixels from the top left corner
 * @typedef {{from: Point, to: Point, isErasing: boolean}} Stroke
 * @typedef {{scale: number, x: number, y: number}} Move  each point becomes scale * point + (x, y)
 */

const WHITE = 255;
const DOT = 2; // pixels: what is shorter has no size
const SMALL = 0.7; // of the picture's side: a smaller drawing is enlarged
const FILLED = 0.83; // of the picture's side, then
const ASIDE = 0.09; // of the picture's side: a drawing farther from the middle is moved there

export class Drawing {
  /**
   * @param {number} height
   * @param {number} width
   */
  constructor(height, width) {
    this.height = height;
    this.width = width;
    this.pixels = new Uint8Array(height * width);
    /** Half the width of a stroke: some 8 % of the drawing's side in all. */
    this.radius = Math.max(0.6, width / 24);
    /** @type {Stroke[]} */
    this.strokes = [];
    this.isLoaded = false; // whether there is ink that no stroke made
  }

  /**
   * @param {Point} from
   * @param {Point} to
   * @param {boolean} isErasing
   */
  stroke(from, to, isErasing) {
    this.strokes.push({ from, to, isErasing });
    this.ink(from, to, isErasing);
  }

  /**
   * @param {Point} from
   * @param {Point} to
   * @param {boolean} isErasing
   */
  ink(from, to, isErasing) {
    const radius = isErasing ? 2 * this.radius : this.radius;
    for (let row = 0; row < this.height; row++) {
      for (let column = 0; column < this.width; column++) {
        const covered = radius + 0.5 - distance({ x: column + 0.5, y: row + 0.5 }, from, to);
        if (covered <= 0) continue;
        const place = row * this.width + column;
        const ink = Math.round(WHITE * Math.min(1, covered));
        this.pixels[place] = isErasing
          ? Math.min(this.pixels[place], WHITE - ink)
          : Math.max(this.pixels[place], ink);
      }
    }
  }

  clear() {
    this.pixels.fill(0);
    this.strokes = [];
    this.isLoaded = false;
  }

  /** @param {ArrayLike<number>} pixels */
  load(pixels) {
    this.clear();
    this.pixels.set(pixels);
    this.isLoaded = true;
  }

  /**
   * How a drawing would fill its picture, in the middle; null if it does about that already, or is only a dot.
   *
   * @returns {Move | null}
   */
  placement() {
    const points = this.strokes.filter(({ isErasing }) => !isErasing).flatMap(({ from, to }) => [from, to]);
    if (this.isLoaded || !points.length) return null;
    const [left, right] = extent(points.map(({ x }) => x));
    const [top, bottom] = extent(points.map(({ y }) => y));
    const pen = 2 * this.radius;
    const longer = Math.max(bottom - top, right - left);
    const aside = Math.max(Math.abs(top + bottom - this.height), Math.abs(left + right - this.width)) / 2;
    const isPlaced = longer + pen >= SMALL * this.width && aside <= ASIDE * this.width;
    if (longer < DOT || isPlaced) return null;
    const scale = (FILLED * this.width - pen) / longer;
    return {
      scale,
      x: (this.width - scale * (left + right)) / 2,
      y: (this.height - scale * (top + bottom)) / 2,
    };
  }

  /**
   * Moves all strokes; the pen stays as wide as it is.
   *
   * @param {Stroke[]} strokes
   * @param {Move} move
   */
  redraw(strokes, { scale, x, y }) {
    const moved = (/** @type {Point} */ point) => ({ x: scale * point.x + x, y: scale * point.y + y });
    this.clear();
    for (const { from, to, isErasing } of strokes) this.stroke(moved(from), moved(to), isErasing);
  }
}

/**
 * The smallest and the largest.
 *
 * @param {number[]} numbers
 */
function extent(numbers) {
  return [Math.min(...numbers), Math.max(...numbers)];
}

/**
 * Pixels moved down and to the right; what comes in is black.
 *
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} down
 * @param {number} right
 */
export function shifted(pixels, width, down, right) {
  const moved = new Uint8Array(pixels.length);
  const height = pixels.length / width;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [y, x] = [row - down, column - right];
      if (y >= 0 && y < height && x >= 0 && x < width) moved[row * width + column] = pixels[y * width + x];
    }
  }
  return moved;
}

/**
 * From a point to the nearest point of a line.
 *
 * @param {Point} point
 * @param {Point} from
 * @param {Point} to
 */
function distance(point, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length ? ((point.x - from.x) * dx + (point.y - from.y) * dy) / length : 0;
  const share = Math.max(0, Math.min(1, along));
  return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy);
}
