/**
 * How numbers are written: to three significant digits, a true minus sign, the whole value beside it on demand. No
 * zeros are added at the end: a number that is only known to be 0.3 would seem to be known better.
 */

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const DIGIT_WIDE_SPACE = "\u00a0";

/**
 * A number to three significant digits; whole numbers below 10,000 stay whole.
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
 * As many digits as a float32 can tell apart.
 *
 * @param {number} x
 */
export function full(x) {
  if (!Number.isFinite(x)) return special(x);
  const text = String(Number(x.toPrecision(9)));
  return minus(text.replace(/e[+-]?\d+$/, (power) => `×10${superscript(Number(power.slice(1)))}`));
}

/**
 * A share of 1 in per cent; never 0 or 100 unless it is.
 *
 * @param {number} share
 */
export function percent(share) {
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  if (share < 1 && share >= 0.9995) return "> 99.9 %";
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

/**
 * A whole number, thousands set apart.
 *
 * @param {number} n
 */
export function count(n) {
  return n.toLocaleString("en");
}

/**
 * Pads written numbers so that, in digits of one width, their points stand above each other.
 *
 * @param {string[]} written
 */
export function alignAtPoint(written) {
  const tails = written.map((text) => text.length - wholePart(text).length);
  const longest = Math.max(0, ...tails);
  return written.map((text, place) => text + DIGIT_WIDE_SPACE.repeat(longest - tails[place]));
}

/**
 * Sizes in the field's order, channels first.
 *
 * @param {number[]} shape
 */
export function shapeText(shape) {
  return shape.join(" × ");
}

/** Hours, minutes and seconds: 1:02:03 or 2:03. @param {number} seconds */
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
