/**
 * Colour scales. Signed values: diverging from blue to orange-red, symmetric around 0, which is near-white
 * (near-black in the dark theme). Pixels: grey, or the colour of their channel.
 *
 * @typedef {"light" | "dark"} Theme
 * @typedef {[number, number, number]} Rgb
 * @typedef {"red" | "green" | "blue" | "grey"} Channel
 */

/** Colour stops of the diverging scale, from −limit through 0 to limit. @type {Record<Theme, Rgb[]>} */
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
 * Return the colour of a signed value.
 *
 * @param {number} value
 * @param {number} limit  the absolute value with the strongest colour
 * @param {Theme} theme
 * @returns {Rgb}
 */
export function signed(value, limit, theme) {
  const share = limit > 0 ? Math.max(-1, Math.min(1, value / limit)) : 0;
  return SCALE[theme][Math.round(((share + 1) / 2) * (SHADES - 1)) || 0];
}

/**
 * Each channel at full intensity; lightened, because pure blue is hard to see.
 *
 * @type {Record<Channel, Rgb>}
 */
const LIGHT = { red: [255, 64, 56], green: [64, 224, 88], blue: [72, 128, 255], grey: [255, 255, 255] };

/**
 * Return the colour of a pixel value in one channel.
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
 * Return black or white, whichever has the higher contrast on a background colour.
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
 * Return the largest absolute value, the limit of a symmetric colour scale.
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
