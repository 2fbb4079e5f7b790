/** The pixels of a picture, a band of rows at a time: upright as EXIF has it, colours as stored, laid on white. */

/**
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 */
export function decode(file) {
  return createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
}

/**
 * @param {ImageBitmap} bitmap
 * @returns {import("convscope/offline/preparation.js").Picture}
 */
export function picture(bitmap) {
  const { width, height } = bitmap;
  return { width, height, rows: (top, count) => rows(bitmap, top, count) };
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} top
 * @param {number} count
 */
function rows(bitmap, top, count) {
  const { width } = bitmap;
  const drawing = new OffscreenCanvas(width, count).getContext("2d", { willReadFrequently: true });
  if (!drawing) throw new Error("this browser cannot read a picture's pixels here");
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, width, count);
  drawing.drawImage(bitmap, 0, top, width, count, 0, 0, width, count);
  return drawing.getImageData(0, 0, width, count).data;
}
