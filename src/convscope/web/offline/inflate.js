/** Decompression and decoding of bytes. */

/**
 * Decompress zlib data (RFC 1950). Throws if the data is damaged or truncated.
 *
 * @param {Uint8Array<ArrayBuffer>[]} packed
 * @param {number} [length]  number of bytes to decompress, if known; anything after them is ignored
 * @returns {Promise<Uint8Array>}
 */
export async function inflated(packed, length) {
  const stream = new Blob(packed).stream().pipeThrough(new DecompressionStream("deflate"));
  if (length === undefined) return new Uint8Array(await new Response(stream).arrayBuffer());
  const bytes = new Uint8Array(length);
  const reader = stream.getReader();
  for (let filled = 0; filled < length; ) {
    const { value, done } = await reader.read();
    if (done) throw new Error("it is cut short");
    bytes.set(value.subarray(0, length - filled), filled);
    filled += value.length;
  }
  await reader.cancel();
  return bytes;
}

/** Decode hexadecimal digits. @param {string} digits  may contain white space between bytes */
export function bytesOfHex(digits) {
  const pairs = digits.replace(/\s/g, "").match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}
