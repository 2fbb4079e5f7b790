/**
 * A scrolling grid of pictures. Only tiles near the viewport are in the document, so ten thousand cost no
 * more than fifty.
 */

import { element } from "convscope/kit/dom.js";
import { rem } from "convscope/kit/maps.js";

const WIDTH = 9.5; // of a tile with its gap, in rem
const ROWS_BEYOND = 2; // rows kept above and below the viewport, so that Tab reaches the next tile

/**
 * Create the list.
 *
 * @param {number} count
 * @param {(index: number) => HTMLElement} draw  creates the tile at an index
 * @param {string} label
 * @param {number} tall  height of a tile with its gap, in rem
 */
export function pictureList(count, draw, label, tall) {
  const list = element("ul", { class: "tiles" });
  const frame = element(
    "div",
    { class: "tile-frame", tabindex: 0, role: "region", "aria-label": label },
    list,
  );
  /** @type {Map<number, HTMLElement>} */
  const drawn = new Map();
  let columns = 1;
  let [width, height] = [rem(WIDTH), rem(tall)];

  const fill = () => {
    const first = Math.max(0, Math.floor(frame.scrollTop / height) - ROWS_BEYOND) * columns;
    const rows = Math.ceil(frame.clientHeight / height) + 2 * ROWS_BEYOND;
    const end = Math.min(count, first + (rows + 1) * columns);
    for (const [index, tile] of drawn) {
      if ((index < first || index >= end) && !tile.contains(document.activeElement)) {
        tile.remove();
        drawn.delete(index);
      }
    }
    for (let index = first; index < end; index++) if (!drawn.has(index)) add(index);
  };

  /** @param {number} index */
  const add = (index) => {
    const tile = element(
      "li",
      { class: "tile", "aria-setsize": count, "aria-posinset": index + 1 },
      draw(index),
    );
    put(tile, index);
    drawn.set(index, tile);
    const next = [...drawn.keys()].filter((other) => other > index).sort((a, b) => a - b)[0];
    list.insertBefore(tile, (next !== undefined && drawn.get(next)) || null);
  };

  /**
   * @param {HTMLElement} tile
   * @param {number} index
   */
  const put = (tile, index) => {
    tile.style.transform = `translate(${(index % columns) * width}px, ${Math.floor(index / columns) * height}px)`;
  };

  const layOut = () => {
    [width, height] = [rem(WIDTH), rem(tall)];
    columns = Math.max(1, Math.floor(list.clientWidth / width));
    list.style.height = `${Math.ceil(count / columns) * height}px`;
    for (const [index, tile] of drawn) put(tile, index);
    fill();
  };

  let waiting = false;
  frame.addEventListener(
    "scroll",
    () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        fill();
      });
    },
    { passive: true },
  );
  new ResizeObserver(layOut).observe(frame);
  return frame;
}

/**
 * Create an image of a picture, scaled down by the server.
 *
 * @param {string} data
 * @param {number} place
 * @param {string} name
 */
export function thumbnail(data, place, name) {
  return element("img", {
    src: `/api/data/${encodeURIComponent(data)}/pictures/${place}`,
    alt: name,
    title: name,
    decoding: "async",
    width: 96,
    height: 96,
  });
}
