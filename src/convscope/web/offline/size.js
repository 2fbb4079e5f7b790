/** Check the size of a picture before its pixels are decoded. */

import { count } from "convscope/kit/numbers.js";
import { latin1 } from "convscope/offline/exif.js";

const LONGEST_SIDE = 32_767; // maximum side of a canvas

/**
 * Throw if a file is too large.
 *
 * @param {File} file
 * @param {{byte_limit: number}} limits
 */
export function checkBytes(file, { byte_limit }) {
  if (file.size > byte_limit) throw tooLarge(`${count(file.size)} bytes`, count(byte_limit));
}

/**
 * Throw if a file is not a picture or has too many pixels.
 *
 * @param {Blob} file
 * @param {{pixel_limit: number}} limits
 */
export async function checkPixels(file, { pixel_limit }) {
  const { naturalWidth: width, naturalHeight: height } = await loaded(file);
  const size = `${count(width)} × ${count(height)} pixels`;
  if (width * height > pixel_limit) throw tooLarge(size, `${count(pixel_limit)} in all`);
  if (Math.max(width, height) > LONGEST_SIDE) throw tooLarge(size, `${count(LONGEST_SIDE)} on a side`);
}

/**
 * @param {Blob} file
 * @returns {Promise<HTMLImageElement>}
 */
async function loaded(file) {
  const image = new Image();
  const address = URL.createObjectURL(file);
  const isPicture = await new Promise((resolve) => {
    image.addEventListener("load", () => resolve(true));
    image.addEventListener("error", () => resolve(false));
    image.src = address;
  });
  URL.revokeObjectURL(address);
  if (!isPicture) throw new Error(await whyNot(file));
  return image;
}

/** @param {Blob} file */
async function whyNot(file) {
  const start = latin1(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  const kind = /^(II[*+]\0|MM\0[*+])/.test(start)
    ? "TIFF"
    : /^....ftyp(hei|hev|mif)/s.test(start)
      ? "HEIC"
      : "";
  if (!kind) return "this browser finds no picture in it";
  return `it is a ${kind} picture, which this browser does not read; save it as PNG or JPEG`;
}

/**
 * @param {string} size
 * @param {string} limit
 */
function tooLarge(size, limit) {
  return new Error(`it has ${size}; the limit is ${limit}`);
}
