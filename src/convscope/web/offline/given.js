/** Files as people give them: looked at before any of their pixels takes room. */

import { count } from "convscope/kit/numbers.js";

const LONGEST_SIDE = 32_767; // what a canvas can hold

/**
 * Opens a file as an image, which reads its size and not yet its pixels.
 *
 * @param {File} file
 * @param {{pixel_limit: number, byte_limit: number}} limits
 * @returns {Promise<HTMLImageElement>}
 */
export async function open(file, { pixel_limit, byte_limit }) {
  if (file.size > byte_limit) throw tooLarge(`${count(file.size)} bytes`, count(byte_limit));
  const image = new Image();
  await new Promise((resolve, reject) => {
    image.addEventListener("load", resolve);
    image.addEventListener("error", () => reject(new Error("this browser finds no picture in it")));
    image.src = URL.createObjectURL(file);
  });
  const { naturalWidth: width, naturalHeight: height } = image;
  const size = `${count(width)} × ${count(height)} pixels`;
  if (width * height > pixel_limit) throw tooLarge(size, `${count(pixel_limit)} in all`);
  if (Math.max(width, height) > LONGEST_SIDE) throw tooLarge(size, `${count(LONGEST_SIDE)} on a side`);
  return image;
}

/**
 * @param {string} size
 * @param {string} limit
 */
function tooLarge(size, limit) {
  return new Error(`it has ${size}; the limit is ${limit}`);
}
