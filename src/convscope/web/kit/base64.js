/** Base64 decoding. */

/**
 * Decode a base64 string.
 *
 * @param {string} encoded  in base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesOf(encoded) {
  const text = atob(encoded);
  const decoded = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) decoded[place] = text.charCodeAt(place);
  return decoded;
}
