/**
 * The orientation of a picture from EXIF or XMP, read like Pillow does, so that the page and `convscope
 * predict` agree.
 */

const ORIENTATION = 0x0112;
const PREFIX = "Exif\0\0";
const XMP = /tiff:Orientation(?:="|>)([0-9])/;

/**
 * Byte length and reader of each numeric type in a TIFF directory (TIFF 6.0, section 2).
 *
 * @type {Record<number, [number, (view: DataView, at: number, little: boolean) => number]>}
 */
const NUMBERS = {
  3: [2, (view, at, little) => view.getUint16(at, little)],
  4: [4, (view, at, little) => view.getUint32(at, little)],
  5: [8, (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little)],
  6: [1, (view, at) => view.getInt8(at)],
  8: [2, (view, at, little) => view.getInt16(at, little)],
  9: [4, (view, at, little) => view.getInt32(at, little)],
  10: [8, (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little)],
  11: [4, (view, at, little) => view.getFloat32(at, little)],
  12: [8, (view, at, little) => view.getFloat64(at, little)],
  13: [4, (view, at, little) => view.getUint32(at, little)],
};

/**
 * Return the orientation, 1 to 8 (EXIF 2.32, tag 274). Damaged EXIF is ignored.
 *
 * @param {Uint8Array | undefined} exif
 * @param {string} xmp
 */
export function orientation(exif, xmp) {
  let found;
  try {
    found = exif && inExif(withoutPrefix(exif));
  } catch {
    return 1;
  }
  const value = found ?? Number(XMP.exec(xmp)?.[1] ?? 1);
  return Number.isInteger(value) && value >= 2 && value <= 8 ? value : 1;
}

/** @param {Uint8Array} exif */
function withoutPrefix(exif) {
  const starts = [0, PREFIX.length].filter((at) => latin1(exif.subarray(at, at + PREFIX.length)) === PREFIX);
  return exif.subarray(starts[0] === 0 ? starts.length * PREFIX.length : 0);
}

/**
 * Return the value of the tag, or undefined if there is none. Throws if the bytes are not a TIFF directory.
 *
 * @param {Uint8Array} tiff
 */
function inExif(tiff) {
  if (!tiff.length) return undefined;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = latin1(tiff.subarray(0, 2)) === "II";
  if (!/^(II|MM)(\*\0|\0\*)$/.test(latin1(tiff.subarray(0, 4)))) throw new Error("no TIFF directory");
  const start = view.getUint32(4, little);
  const count = start + 2 <= tiff.length ? view.getUint16(start, little) : 0;
  for (let entry = start + 2; entry < start + 2 + 12 * count && entry + 12 <= tiff.length; entry += 12) {
    if (view.getUint16(entry, little) === ORIENTATION) return number(view, entry, little);
  }
  return undefined;
}

/**
 * @param {DataView} view
 * @param {number} entry
 * @param {boolean} little
 */
function number(view, entry, little) {
  const [size, read] = NUMBERS[view.getUint16(entry + 2, little)] ?? [0, () => NaN];
  const fits = size * view.getUint32(entry + 4, little) <= 4;
  return read(view, fits ? entry + 8 : view.getUint32(entry + 8, little), little);
}

/**
 * Decode bytes as Latin-1.
 *
 * @param {Uint8Array} bytes
 */
export function latin1(bytes) {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
