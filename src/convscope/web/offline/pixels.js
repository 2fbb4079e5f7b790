/** Read the pixels of a picture in bands of rows: upright, without colour conversion, composited on white. */

import { decodeDeep } from "convscope/offline/deep_png.js";

/**
 * The canvas transform for each orientation (EXIF 2.32, tag 274). It maps a stored pixel at (x, y) to upright
 * x = a x + c y + e, y = b x + d y + f.
 *
 * @type {Record<number, (width: number, height: number) => [number, number, number, number, number, number]>}
 */
const UPRIGHT = {
  1: () => [1, 0, 0, 1, 0, 0],
  2: (width) => [-1, 0, 0, 1, width, 0],
  3: (width, height) => [-1, 0, 0, -1, width, height],
  4: (_, height) => [1, 0, 0, -1, 0, height],
  5: () => [0, 1, 1, 0, 0, 0],
  6: (_, height) => [0, 1, -1, 0, height, 0],
  7: (width, height) => [0, -1, -1, 0, height, width],
  8: (width) => [0, -1, 1, 0, 0, width],
};

/**
 * Decode a picture; the note says how the value range was determined.
 *
 * @param {import("convscope/offline/picture_file.js").PictureFile} file
 * @returns {Promise<{bitmap: ImageBitmap, note: string}>}
 */
export async function decode({ blob, isDeep }) {
  const { image, note } = isDeep ? await decodeDeep(blob) : { image: blob, note: "" };
  const options = /** @type {const} */ ({
    imageOrientation: "from-image",
    colorSpaceConversion: "none",
    premultiplyAlpha: "none", // the canvas premultiplies, which rounds once
  });
  const bitmap = await createImageBitmap(image, options).catch(() => {
    throw new Error("it is damaged or cut short");
  });
  return { bitmap, note };
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} [orientation]
 * @returns {import("convscope/offline/preparation.js").Picture}
 */
export function picture(bitmap, orientation = 1) {
  const { width, height } = bitmap;
  const [across, down] = orientation > 4 ? [height, width] : [width, height];
  const [a, b, c, d, e, f] = UPRIGHT[orientation](width, height);
  return {
    width: across,
    height: down,
    rows: (top, count) => rows(bitmap, across, count, [a, b, c, d, e, f - top]),
  };
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} width
 * @param {number} count
 * @param {[number, number, number, number, number, number]} matrix
 */
function rows(bitmap, width, count, matrix) {
  const drawing = new OffscreenCanvas(width, count).getContext("2d", { willReadFrequently: true });
  if (!drawing) throw new Error("this browser cannot read a picture's pixels here");
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, width, count);
  drawing.imageSmoothingEnabled = false;
  drawing.setTransform(...matrix);
  drawing.drawImage(bitmap, 0, 0);
  return drawing.getImageData(0, 0, width, count).data;
}
