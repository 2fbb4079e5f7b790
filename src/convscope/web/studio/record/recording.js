/**
 * A recording: an ordinary collection in the studio's folder, created when the first picture or class is
 * saved.
 *
 * @typedef {{pictures: string[], count: number}} ClassPictures
 * @typedef {{added: number, names: string[], problems: {detail?: string}[]}} Added
 */

import { get, post } from "convscope/studio/api.js";
import { addressOf } from "convscope/studio/place.js";

const NAME = "recording";
const AT_ONCE = 8; // pictures per request

/**
 * Create a recording.
 *
 * @param {string} known  id of the collection; "" if it does not exist yet
 * @param {() => string[]} labels  returns the initial classes
 */
export function recording(known, labels) {
  /** @type {Promise<string> | null} */
  let made = known ? Promise.resolve(known) : null;
  let id = known;

  /** @returns {Promise<string>} */
  async function create() {
    ({ id } = await post("/api/collections", { name: NAME }));
    for (const label of labels()) await post(addressOfClass(id, label), {}, "PUT");
    history.replaceState(null, "", addressOf("record", [id])); // keep the recording on reload
    return id;
  }

  /** @param {string} label */
  async function classAddress(label) {
    made ??= create().catch((error) => {
      made = null;
      throw error;
    });
    return addressOfClass(await made, label);
  }

  return {
    /** Return the id, or "" if the collection does not exist yet. */
    id: () => id,
    /** Return the number of pictures per class. @returns {Promise<Record<string, number>>} */
    classes: async () => (id ? (await get(`/api/collections/${id}`)).classes : {}),
    /** @type {(label: string) => Promise<void>} */
    addClass: async (label) => post(await classAddress(label), {}, "PUT"),
    /** @type {(label: string, name: string) => Promise<void>} */
    renameClass: async (label, name) => post(`${await classAddress(label)}/name`, { name }),
    /** @type {(label: string) => Promise<void>} */
    removeClass: async (label) => post(await classAddress(label), {}, "DELETE"),
    /** Return the newest pictures of a class. @type {(label: string) => Promise<ClassPictures>} */
    pictures: async (label) => get(await classAddress(label)),
    /** @type {(label: string, name: string) => Promise<void>} */
    removePicture: async (label, name) => post(`${await classAddress(label)}/pictures/${name}`, {}, "DELETE"),
    /** @type {(label: string, name: string) => string} */
    thumbnail: (label, name) => `${addressOfClass(id, label)}/pictures/${name}`,
    /**
     * Save pictures, a few per request.
     *
     * @param {string} label
     * @param {Iterable<Blob>} pictures
     * @param {(added: Added) => void} tell  called with the result of each request
     */
    async add(label, pictures, tell) {
      const waiting = [...pictures];
      const address = await classAddress(label);
      while (waiting.length) {
        const form = new FormData();
        for (const picture of waiting.splice(0, AT_ONCE)) form.append("picture", picture);
        tell(await post(address, form));
      }
    },
  };
}

/**
 * @param {string} id
 * @param {string} label
 */
function addressOfClass(id, label) {
  return `/api/collections/${id}/classes/${encodeURIComponent(label)}`;
}
