/**
 * Tiles: pictures with prediction and label, and the correction of labels.
 *
 * @typedef {import("convscope/studio/answers.js").Corrections} Corrections
 * @typedef {{model: string, data: string, part: string}} Chosen
 *
 * @typedef {object} Tile
 * @property {number} place
 * @property {string} name
 * @property {string} label
 * @property {string} predicted
 * @property {number} confidence
 * @property {string} suggestion  label that can be accepted with one click
 */

import { element } from "convscope/kit/dom.js";
import { counted, percent } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { post } from "convscope/studio/api.js";
import { pictureList, thumbnail } from "convscope/studio/picture_list.js";
import { walkOf } from "convscope/studio/place.js";
import { NONE } from "convscope/walk/truth.js";

// of a tile, in rem; a tile with a button is taller
const TILE_HEIGHT = 12;
const SUGGESTION_HEIGHT = 14.5;

const READ =
  "Each tile shows the prediction, then the picture's label: choose another label to correct it. Click a picture to walk through it.";

/** Corrections of labels: loaded once, saved when another label is chosen. */
export class Desk {
  /**
   * @param {Chosen} asked
   * @param {Corrections} corrections
   * @param {HTMLElement} status
   */
  constructor(asked, corrections, status) {
    this.asked = asked;
    this.status = status;
    this.take(corrections);
  }

  /** @param {Corrections} corrections */
  take({ manifest, classes, corrections }) {
    this.classes = classes;
    this.corrected = new Map(corrections.map(({ place, corrected }) => [place, corrected]));
    const size = this.corrected.size;
    this.status.textContent = size
      ? `${counted(size, "picture")} relabelled in ${manifest}, which you can train on; your own pictures stay as they are.`
      : "";
  }

  /**
   * @param {number} place
   * @param {string} label
   */
  async put(place, label) {
    try {
      this.take(await post(`/api/data/${this.asked.data}/corrections/${place}`, { label }, "PUT"));
    } catch (error) {
      this.status.replaceChildren(problemBox(error));
    }
  }
}

/**
 * @param {string} title
 * @param {Tile[]} tiles
 * @param {Chosen} asked
 * @param {Desk} desk
 */
export function pictures(title, tiles, asked, desk) {
  const height = tiles.some(({ suggestion }) => suggestion) ? SUGGESTION_HEIGHT : TILE_HEIGHT;
  const amount = tiles.length ? counted(tiles.length, "picture") : "none";
  return [
    element("h2", {}, `${title}: ${amount}`),
    tiles.length ? element("p", { class: "quiet" }, READ) : "",
    tiles.length ? pictureList(tiles.length, (index) => tile(tiles[index], asked, desk), title, height) : "",
  ];
}

/**
 * @param {Tile} tile
 * @param {Chosen} asked
 * @param {Desk} desk
 */
function tile({ place, name, label, predicted, confidence, suggestion }, asked, desk) {
  const now = desk.corrected?.get(place) ?? label;
  const classes = desk.classes ?? [];
  const select = element(
    "select",
    { "aria-label": `label of ${name}`, change: () => desk.put(place, select.value) },
    classes.map((one) => element("option", { value: one, selected: one === now }, one || NONE)),
  );
  /** @param {Event} event */
  const accept = (event) => {
    select.value = suggestion;
    desk.put(place, suggestion);
    select.focus();
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.remove();
  };
  return element(
    "div",
    { class: "picture" },
    element("a", { href: walkOf(asked.model, asked.data, place) }, thumbnail(asked.data, place, name)),
    element(
      "span",
      { class: predicted === label ? "prediction" : "prediction mistaken", title: predicted },
      element("strong", {}, predicted || NONE),
      element("span", {}, percent(confidence)),
    ),
    element("span", { class: "label" }, "label ", select),
    suggestion && now !== suggestion
      ? element(
          "button",
          { type: "button", click: accept, "aria-label": `relabel ${name} as ${suggestion}` },
          `relabel as ${suggestion}`,
        )
      : null,
  );
}
