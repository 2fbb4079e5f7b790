/**
 * The drawing: greyscale pixels, white on black, as the network receives them. The value of a pixel depends
 * on the distance of its centre from the stroke:
 *
 *     pixel = max(pixel, 255 * clamp(radius + 1/2 - distance, 0, 1))
 *
 * A small or off-centre drawing can be scaled and centred, because networks are trained on drawings that fill
 * the picture.
 *
 * @typedef {{x: number, y: number}} Point  in pixels from the top left corner
 * @typedef {{from: Point, to: Point, isErasing: boolean}} Stroke
 * @typedef {{scale: number, x: number, y: number}} Move  maps each point to scale * point + (x, y)
 */

const WHITE = 255;
const DOT = 2; // pixels; anything smaller counts as a dot
const SMALL = 0.7; // fraction of the side; smaller drawings are enlarged
const FILLED = 0.83; // fraction of the side after enlarging
const ASIDE = 0.09; // fraction of the side; drawings farther off-centre are centred

export class Drawing {
  /**
   * @param {number} height
   * @param {number} width
   */
  constructor(height, width) {
    this.height = height;
    this.width = width;
    this.pixels = new Uint8Array(height * width);
    /** Half the stroke width; a stroke is about 8 % of the side wide. */
    this.radius = Math.max(0.6, width / 24);
    /** @type {Stroke[]} */
    this.strokes = [];
    this.isLoaded = false; // whether the pixels were loaded rather than drawn
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
   * Return the transformation that makes the drawing fill the picture, centred; null if it almost does, or is
   * only a dot.
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
   * Draw transformed strokes; the stroke width stays the same.
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
 * Return the minimum and the maximum.
 *
 * @param {number[]} numbers
 */
function extent(numbers) {
  return [Math.min(...numbers), Math.max(...numbers)];
}

/**
 * Shift pixels down and to the right, filling with black.
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
 * Return the distance from a point to a line segment.
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
