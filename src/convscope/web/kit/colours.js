/**
 * Colours of numbers. Signed values: blue, near-white (dark: near-black), orange-red, symmetric around 0. Pixels: grey.
 *
 * @typedef {"light" | "dark"} Theme
 * @typedef {[number, number, number]} Rgb
 * @typedef {"red" | "green" | "blue" | "grey"} Channel
 */

/** From -limit over 0 to limit. @type {Record<Theme, Rgb[]>} */
const STOPS = {
  light: [
    [14, 72, 140],
    [122, 174, 220],
    [246, 246, 243],
    [240, 158, 116],
    [176, 52, 12],
  ],
  dark: [
    [122, 190, 255],
    [44, 96, 150],
    [30, 32, 35],
    [156, 70, 32],
    [255, 158, 108],
  ],
};
const SHADES = 255;

/** @type {Record<Theme, Rgb[]>} */
const SCALE = { light: scale(STOPS.light), dark: scale(STOPS.dark) };

/**
 * The colour of a signed value.
 *
 * @param {number} value
 * @param {number} limit  the value that has the strongest colour
 * @param {Theme} theme
 * @returns {Rgb}
 */
export function signed(value, limit, theme) {
  const share = limit > 0 ? Math.max(-1, Math.min(1, value / limit)) : 0;
  return SCALE[theme][Math.round(((share + 1) / 2) * (SHADES - 1)) || 0];
}

/** The full light of a channel: somewhat pale, as pure blue is hardly seen. @type {Record<Channel, Rgb>} */
const LIGHT = { red: [255, 64, 56], green: [64, 224, 88], blue: [72, 128, 255], grey: [255, 255, 255] };

/**
 * The colour of a pixel of one channel.
 *
 * @param {number} value  0 to 255
 * @param {Channel} channel
 * @returns {Rgb}
 */
export function shade(value, channel) {
  const [red, green, blue] = LIGHT[channel];
  const share = Math.min(Math.max(value, 0), 255) / 255;
  return [red * share, green * share, blue * share];
}

/**
 * Black or white, whichever is easier to read on a colour.
 *
 * @param {Rgb} colour
 */
export function inkOn([red, green, blue]) {
  const [r, g, b] = [red, green, blue].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

/** @param {Rgb} colour */
export function css([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}

/**
 * The largest absolute value: what a scale symmetric around 0 has to reach.
 *
 * @param {ArrayLike<number>} values
 */
export function limitOf(values) {
  let limit = 0;
  for (let place = 0; place < values.length; place++) {
    const size = Math.abs(values[place]);
    if (size > limit) limit = size;
  }
  return limit;
}

/**
 * @param {Rgb[]} stops
 * @returns {Rgb[]}
 */
function scale(stops) {
  return Array.from({ length: SHADES }, (_, shade) => {
    const place = (shade / (SHADES - 1)) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const mix = (/** @type {0 | 1 | 2} */ part) =>
      Math.round(stops[below][part] + (stops[below + 1][part] - stops[below][part]) * (place - below));
    return [mix(0), mix(1), mix(2)];
  });
}
