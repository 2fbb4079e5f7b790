/** Bytes out of what they are packed in. */

/**
 * Undoes zlib's compression (RFC 1950). Throws if the data is damaged or cut short.
 *
 * @param {Uint8Array<ArrayBuffer>[]} packed
 * @param {number} [length]  how many bytes are wanted, if that is known; what follows them is not looked at
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

/** @param {string} digits  hexadecimal, with white space between bytes */
export function bytesOfHex(digits) {
  const pairs = digits.replace(/\s/g, "").match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}
