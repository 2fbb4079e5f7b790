/**
 * Number formatting: three significant digits, a true minus sign, and the full value on demand. No trailing
 * zeros are added, because they would suggest more precision than is known.
 */

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const DIGIT_WIDE_SPACE = "\u00a0";

/**
 * Format a number with three significant digits. Integers below 10,000 keep all digits.
 *
 * @param {number} x
 */
export function three(x) {
  if (!Number.isFinite(x)) return special(x);
  if (Number.isInteger(x) && Math.abs(x) < 10_000) return minus(String(x));
  const size = Math.abs(x);
  if (size < 1e-4 || size >= 1e6) return scientific(x);
  const rounded = Number(x.toPrecision(3));
  return minus(size >= 100 ? rounded.toLocaleString("en", { useGrouping: size >= 10_000 }) : String(rounded));
}

/**
 * Format a number with as many digits as float32 can distinguish.
 *
 * @param {number} x
 */
export function full(x) {
  if (!Number.isFinite(x)) return special(x);
  const text = String(Number(x.toPrecision(9)));
  return minus(text.replace(/e[+-]?\d+$/, (power) => `×10${superscript(Number(power.slice(1)))}`));
}

/**
 * Format a fraction as a percentage. It reads 0 % or 100 % only if it is exactly that.
 *
 * @param {number} share
 */
export function percent(share) {
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  if (share < 1 && share >= 0.9995) return "> 99.9 %";
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

/**
 * Format an integer with thousands separators.
 *
 * @param {number} n
 */
export function count(n) {
  return n.toLocaleString("en");
}

/**
 * Pad formatted numbers so that, in tabular digits, their decimal points line up.
 *
 * @param {string[]} written
 */
export function alignAtPoint(written) {
  const tails = written.map((text) => text.length - wholePart(text).length);
  const longest = Math.max(0, ...tails);
  return written.map((text, place) => text + DIGIT_WIDE_SPACE.repeat(longest - tails[place]));
}

/**
 * Format a shape, channels first.
 *
 * @param {number[]} shape
 */
export function shapeText(shape) {
  return shape.join(" × ");
}

/**
 * Format a number of things: "1 picture", "2 pictures".
 *
 * @param {number} number
 * @param {string} thing  in the singular
 */
export function counted(number, thing) {
  return `${count(number)} ${thing}${number === 1 ? "" : "s"}`;
}

/** Format the size of an output: that of its maps, or how many numbers it has. @param {number[]} shape */
export function sizeText(shape) {
  return shape.length === 1 ? counted(shape[0], "number") : shapeText(shape);
}

/** Format a duration as hours, minutes and seconds: 1:02:03 or 2:03. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** @param {string} text */
function wholePart(text) {
  return /^[^.×]*/.exec(text)?.[0] ?? "";
}

/** @param {number} x */
function scientific(x) {
  const [digits, power] = x.toExponential(2).split("e");
  return `${minus(digits)}×10${superscript(Number(power))}`;
}

/** @param {number} power */
function superscript(power) {
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPT[Number(digit)]).join("");
  return (power < 0 ? "⁻" : "") + digits;
}

/** @param {string} text */
function minus(text) {
  return text === "-0" ? "0" : text.replace("-", "−");
}

/** @param {number} x */
function special(x) {
  if (Number.isNaN(x)) return "not a number";
  return x > 0 ? "∞" : "−∞";
}
