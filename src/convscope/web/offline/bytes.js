/** Numbers as the page carries them. */

/** @param {string} encoded  in base64 */
export function bytes(encoded) {
  const text = atob(encoded);
  const decoded = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) decoded[place] = text.charCodeAt(place);
  return decoded;
}
