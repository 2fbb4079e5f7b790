/** The chunks of a PNG (PNG, third edition). */

import { bytesOfHex, inflated } from "convscope/offline/inflate.js";
import { latin1 } from "convscope/offline/exif.js";

const SIGNATURE = "\x89PNG\r\n\x1a\n";
const PIXELS = ["IHDR", "PLTE", "tRNS", "IDAT"];
const END = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);

/**
 * @typedef {{name: string, data: Uint8Array<ArrayBuffer>, whole: Uint8Array<ArrayBuffer>, isCut: boolean}}
 *   Chunk  whole: with length, name and checksum; isCut: whether the file ends inside it
 */

/** @param {Uint8Array} bytes */
export function isPng(bytes) {
  return latin1(bytes.subarray(0, 8)) === SIGNATURE;
}

/**
 * Parse the chunks.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes  of a PNG
 * @returns {Chunk[]}
 */
export function chunksOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = [];
  let at = SIGNATURE.length;
  while (at + 8 <= bytes.length) {
    const end = at + 12 + view.getUint32(at);
    const whole = bytes.subarray(at, end);
    chunks.push({
      name: latin1(bytes.subarray(at + 4, at + 8)),
      data: bytes.subarray(at + 8, end - 4),
      whole,
      isCut: end > bytes.length,
    });
    at = end;
  }
  return chunks;
}

/**
 * Return the parts of a PNG that contain its main picture, without animation frames. A missing end is added.
 *
 * @param {Chunk[]} chunks
 */
export function plainPng(chunks) {
  const kept = chunks.filter(({ name }) => PIXELS.includes(name));
  const signature = Uint8Array.from(SIGNATURE, (letter) => letter.charCodeAt(0));
  return [signature, ...kept.map(({ whole }) => whole), ...(kept.some(({ isCut }) => isCut) ? [] : [END])];
}

/**
 * Return EXIF, from its own chunk or from the hexadecimal text chunk written by ImageMagick, and XMP.
 *
 * @param {Chunk[]} chunks
 */
export async function metadata(chunks) {
  let exif = chunks.findLast(({ name }) => name === "eXIf")?.data;
  let xmp = "";
  for (const chunk of chunks) {
    const [key, read] = text(chunk);
    if (key === "XML:com.adobe.xmp") xmp = latin1(await read());
    if (key === "Raw profile type exif")
      exif ??= bytesOfHex(
        latin1(await read())
          .split("\n")
          .slice(3)
          .join(""),
      );
  }
  return { exif, xmp };
}

/**
 * Return the keyword of a text chunk, and a function that reads its text.
 *
 * @param {Chunk} chunk
 * @returns {[string, () => Promise<Uint8Array>]}
 */
function text({ name, data }) {
  if (!["tEXt", "zTXt", "iTXt"].includes(name)) return ["", async () => data];
  const after = data.indexOf(0) + 1;
  const key = latin1(data.subarray(0, after - 1));
  if (name === "tEXt") return [key, async () => data.subarray(after)];
  if (name === "zTXt") return [key, () => inflated([data.subarray(after + 1)])];
  const content = data.subarray(data.indexOf(0, data.indexOf(0, after + 2) + 1) + 1); // after language and translation
  return [key, data[after] ? () => inflated([content]) : async () => content];
}
