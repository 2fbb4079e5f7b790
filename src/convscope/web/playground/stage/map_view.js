/** A large map with the selected cell outlined; cells after `filled` are still blank. */

import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { theme } from "convscope/kit/theme.js";
import { signedCanvas } from "convscope/playground/scene/tile.js";

export class MapView {
  /** @param {(row: number, column: number) => void} pick */
  constructor(pick) {
    this.frame = element("span", { class: "outline output" });
    this.holder = element("div", { class: "holder" });
    this.element = element(
      "figure",
      { class: "map-view" },
      element("figcaption", {}, "the map"),
      this.holder,
    );
    this.size = [0, 0];
    this.holder.addEventListener("click", (event) => {
      const { left, top, width, height } = this.holder.getBoundingClientRect();
      const [rows, columns] = this.size;
      const row = Math.floor(((event.clientY - top) / height) * rows);
      const column = Math.floor(((event.clientX - left) / width) * columns);
      pick(Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column)));
    });
  }

  /**
   * @param {import("convscope/playground/engine/network.js").Step} step
   * @param {Float32Array} y
   * @param {import("convscope/playground/reach.js").Cell} cell
   * @param {number} filled
   */
  show({ shape: [, rows, columns] }, y, { map, row, column }, filled) {
    if (this.size[0] !== rows || this.size[1] !== columns) {
      this.size = [rows, columns];
      this.drawn = signedCanvas(rows, columns);
      this.holder.replaceChildren(this.drawn.canvas, this.frame);
    }
    const values = y.slice(map * rows * columns, (map + 1) * rows * columns);
    const limit = limitOf(values);
    if (filled < values.length) values.fill(0, filled + 1);
    this.drawn?.paint(values, 0, limit, theme());
    Object.assign(this.frame.style, {
      left: `${(column / columns) * 100}%`,
      top: `${(row / rows) * 100}%`,
      width: `${100 / columns}%`,
      height: `${100 / rows}%`,
    });
  }
}
