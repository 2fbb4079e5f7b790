/** The size of a picture, read before any of its pixels takes memory. */

import { count } from "convscope/kit/numbers.js";

const LONGEST_SIDE = 32_767; // what a canvas can hold

/**
 * Throws if a file is no picture, or one that is too large.
 *
 * @param {File} file
 * @param {{pixel_limit: number, byte_limit: number}} limits
 */
export async function checkSize(file, { pixel_limit, byte_limit }) {
  if (file.size > byte_limit) throw tooLarge(`${count(file.size)} bytes`, count(byte_limit));
  const image = new Image();
  const address = URL.createObjectURL(file);
  await new Promise((resolve, reject) => {
    image.addEventListener("load", resolve);
    image.addEventListener("error", () => reject(new Error("this browser finds no picture in it")));
    image.src = address;
  });
  URL.revokeObjectURL(address);
  const { naturalWidth: width, naturalHeight: height } = image;
  const size = `${count(width)} × ${count(height)} pixels`;
  if (width * height > pixel_limit) throw tooLarge(size, `${count(pixel_limit)} in all`);
  if (Math.max(width, height) > LONGEST_SIDE) throw tooLarge(size, `${count(LONGEST_SIDE)} on a side`);
}

/**
 * @param {string} size
 * @param {string} limit
 */
function tooLarge(size, limit) {
  return new Error(`it has ${size}; the limit is ${limit}`);
}
