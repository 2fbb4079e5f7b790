/**
 * Prepare a picture's file for the browser's decoder: remove what browsers would apply themselves, such as
 * the EXIF orientation, or would choose, such as a frame of an animation. The page applies the orientation
 * itself (`exif.js`), so that its predictions agree with those of `convscope predict`.
 *
 * @typedef {{blob: Blob, orientation: number, isDeep: boolean}} PictureFile  isDeep: whether it is a 16-bit
 *   PNG
 */

import { latin1, orientation } from "convscope/offline/exif.js";
import { chunksOf, isPng, metadata, plainPng } from "convscope/offline/png.js";

const EXIF = "Exif\0\0";
const XMP = "http://ns.adobe.com/xap/1.0/\0";

/**
 * @param {Blob} file
 * @returns {Promise<PictureFile>}
 */
export async function openPicture(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (isPng(bytes)) {
    const chunks = chunksOf(bytes);
    const { exif, xmp } = await metadata(chunks);
    const blob = new Blob(plainPng(chunks), { type: "image/png" });
    return { blob, orientation: orientation(exif, xmp), isDeep: bytes[24] === 16 };
  }
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return plain(jpegParts(bytes), "image/jpeg");
  if (latin1(bytes.subarray(0, 4)) === "RIFF" && latin1(bytes.subarray(8, 12)) === "WEBP") {
    return plain(webpParts(bytes), "image/webp");
  }
  return { blob: file, orientation: 1, isDeep: false };
}

/**
 * @typedef {{kept: Uint8Array<ArrayBuffer>[], exif?: Uint8Array, xmp: string}} Parts
 *
 * @param {Parts} parts
 * @param {string} type
 * @returns {PictureFile}
 */
function plain({ kept, exif, xmp }, type) {
  return { blob: new Blob(kept, { type }), orientation: orientation(exif, xmp), isDeep: false };
}

/**
 * Parse the segments of a JPEG (ITU T.81, annex B). Several EXIF segments are concatenated.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Parts}
 */
function jpegParts(bytes) {
  const kept = [bytes.subarray(0, 2)];
  /** @type {number[]} */
  const exif = [];
  let xmp = "";
  let at = 2;
  while (bytes[at] === 0xff && bytes[at + 1] !== 0xda && at + 4 <= bytes.length) {
    const isFiller = bytes[at + 1] === 0xff;
    const end = isFiller ? at + 1 : at + 2 + bytes[at + 2] * 256 + bytes[at + 3];
    const content = bytes.subarray(at + 4, end);
    const isApp1 = bytes[at + 1] === 0xe1;
    if (isApp1 && latin1(content.subarray(0, EXIF.length)) === EXIF) {
      for (const byte of exif.length ? content.subarray(EXIF.length) : content) exif.push(byte);
    } else if (isApp1 && latin1(content.subarray(0, XMP.length)) === XMP) {
      xmp = latin1(content.subarray(XMP.length));
    } else kept.push(bytes.subarray(at, end));
    at = end;
  }
  kept.push(bytes.subarray(at));
  return { kept, exif: exif.length ? Uint8Array.from(exif) : undefined, xmp };
}

/**
 * Parse the chunks of a WebP (RFC 9649). The header's flags of removed chunks are cleared.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Parts}
 */
function webpParts(bytes) {
  const head = bytes.slice(0, 12);
  const kept = [head];
  /** @type {Record<string, Uint8Array>} */
  const found = {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 12;
  while (at + 8 <= bytes.length) {
    const name = latin1(bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const end = at + 8 + length + (length % 2);
    if (name === "EXIF" || name === "XMP ") found[name] ??= bytes.subarray(at + 8, at + 8 + length);
    else kept.push(name === "VP8X" ? unannounced(bytes.slice(at, end)) : bytes.subarray(at, end));
    at = end;
  }
  const size = kept.reduce((sum, part) => sum + part.length, 0);
  new DataView(head.buffer).setUint32(4, size - 8, true);
  return { kept, exif: found.EXIF, xmp: found["XMP "] ? latin1(found["XMP "]) : "" };
}

/** Clear the flags of EXIF and XMP. @param {Uint8Array<ArrayBuffer>} header  the VP8X chunk */
function unannounced(header) {
  header[8] &= ~0b1100;
  return header;
}
