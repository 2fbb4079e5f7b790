/**
 * A gallery of small maps, each a button. The same window can be outlined in all of them.
 *
 * @typedef {import("convscope/kit/maps.js").Margin} Margin
 * @typedef {import("convscope/kit/maps.js").Paint} Paint
 * @typedef {import("convscope/kit/colours.js").Theme} Theme
 * @typedef {import("convscope/kit/receptive.js").Rectangle} Rectangle
 *
 * @typedef {object} Gallery
 * @property {HTMLElement} element
 * @property {(rectangle: Rectangle | null) => void} mark  outlines a window in every map
 * @property {(map: number) => void} choose  marks a map as selected
 */

import { element } from "convscope/kit/dom.js";
import { cellSize, mapCanvas, NO_MARGIN, rem, thumbnail } from "convscope/kit/maps.js";

const SIDE = 4; // maximum side of a small map in rem; larger maps are subsampled

/**
 * Draw the gallery.
 *
 * @param {object} setting
 * @param {number[]} setting.maps  indices of the maps, in display order
 * @param {number} setting.height  of each map, in cells
 * @param {number} setting.width
 * @param {(map: number) => Paint} setting.paint
 * @param {(map: number) => string} setting.label  accessible name
 * @param {(map: number) => string} [setting.caption]  text below each map
 * @param {(map: number) => void} setting.onChoose
 * @param {Margin} [setting.margin]
 * @param {number} [setting.side]
 * @param {Theme} theme
 * @returns {Gallery}
 */
export function gallery(setting, theme) {
  const { maps, height, width, paint, label, onChoose, margin = NO_MARGIN, side = rem(SIDE) } = setting;
  const caption = setting.caption ?? String;
  const list = element("div", { class: "gallery" });
  const large = Math.max(height, width) > side;
  /** @type {Map<number, HTMLElement>} */
  const buttons = new Map();
  for (const map of maps) {
    const picture = large
      ? thumbnail(height, width, paint(map), side)
      : {
          height,
          width,
          cell: cellSize(width, height, side, side, rem(1)),
          paint: paint(map),
          margin,
          step: 1,
        };
    list.style.setProperty("--cell", `${picture.cell / picture.step}px`);
    const canvas = mapCanvas(picture, theme);
    const button = element(
      "button",
      {
        type: "button",
        class: "small-map",
        "aria-pressed": "false",
        "aria-label": label(map),
        click: () => onChoose(map),
      },
      element("span", { class: "drawing" }, canvas, element("span", { class: "outline input window" })),
      element("span", { class: "caption", "aria-hidden": "true" }, caption(map)),
    );
    buttons.set(map, button);
    list.append(button);
  }
  return {
    element: list,
    mark(rectangle) {
      list.classList.toggle("marked", rectangle !== null);
      if (rectangle === null) return;
      const { top, left } = large ? NO_MARGIN : margin;
      list.style.setProperty("--top", String(rectangle.top + top));
      list.style.setProperty("--left", String(rectangle.left + left));
      list.style.setProperty("--high", String(rectangle.height));
      list.style.setProperty("--wide", String(rectangle.width));
    },
    choose(map) {
      for (const [other, button] of buttons) button.setAttribute("aria-pressed", String(other === map));
    },
  };
}
