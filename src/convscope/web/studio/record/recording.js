/**
 * A recording: an ordinary collection in the studio's folder. It is made when the first picture or class is kept.
 *
 * @typedef {{pictures: string[], count: number}} ClassPictures
 * @typedef {{added: number, names: string[], problems: {detail?: string}[]}} Added
 */

import { get, post } from "convscope/studio/api.js";
import { addressOf } from "convscope/studio/place.js";

const NAME = "recording";
const AT_ONCE = 8; // pictures in a request

/**
 * @param {string} known  the id of the collection; "" if there is none yet
 * @param {() => string[]} labels  the classes to begin with
 */
export function recording(known, labels) {
  /** @type {Promise<string> | null} */
  let made = known ? Promise.resolve(known) : null;
  let id = known;

  /** @returns {Promise<string>} */
  async function create() {
    ({ id } = await post("/api/collections", { name: NAME }));
    for (const label of labels()) await post(addressOfClass(id, label), {}, "PUT");
    history.replaceState(null, "", addressOf("record", [id])); // a reload shows it again
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
    /** Its id; "" while there is none. */
    id: () => id,
    /** How many pictures each class has. @returns {Promise<Record<string, number>>} */
    classes: async () => (id ? (await get(`/api/collections/${id}`)).classes : {}),
    /** @type {(label: string) => Promise<void>} */
    addClass: async (label) => post(await classAddress(label), {}, "PUT"),
    /** @type {(label: string, name: string) => Promise<void>} */
    renameClass: async (label, name) => post(`${await classAddress(label)}/name`, { name }),
    /** @type {(label: string) => Promise<void>} */
    removeClass: async (label) => post(await classAddress(label), {}, "DELETE"),
    /** The newest pictures of a class. @type {(label: string) => Promise<ClassPictures>} */
    pictures: async (label) => get(await classAddress(label)),
    /** @type {(label: string, name: string) => Promise<void>} */
    removePicture: async (label, name) => post(`${await classAddress(label)}/pictures/${name}`, {}, "DELETE"),
    /** @type {(label: string, name: string) => string} */
    thumbnail: (label, name) => `${addressOfClass(id, label)}/pictures/${name}`,
    /**
     * Keeps pictures, a few at a time.
     *
     * @param {string} label
     * @param {Iterable<Blob>} pictures
     * @param {(added: Added) => void} tell  what became of each few
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
