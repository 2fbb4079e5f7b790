/**
 * The usual diagram of a CNN: one stack of maps per block. Its height grows with the size of the maps, its
 * depth with their number.
 *
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/blocks.js").Block} Block
 */

import { element, link } from "convscope/kit/dom.js";
import { rem } from "convscope/kit/maps.js";
import { shapeText } from "convscope/kit/numbers.js";
import { format } from "convscope/kit/address.js";
import { hasMaps } from "convscope/walk/chain.js";
import { stepThumbnail } from "convscope/walk/step_thumbnail.js";

const [SMALLEST, LARGEST] = [1.5, 7]; // size of a stack, in rem
const MOST_SHEETS = 7;

/**
 * @param {Context} context
 * @param {Block[]} blocks
 */
export function blockPicture({ chain, state, theme }, blocks) {
  const tallest = Math.max(...chain.steps[0].shape.slice(1));
  return element(
    "ol",
    { class: "block-picture" },
    blocks.map(({ title, steps }) => {
      const last = steps[steps.length - 1];
      const share = hasMaps(last) ? Math.sqrt(Math.max(...last.shape.slice(1)) / tallest) : 1;
      const side = rem(SMALLEST + (LARGEST - SMALLEST) * share);
      const sheets =
        hasMaps(last) && last.kind !== "image" ? Math.ceil(Math.log2(last.shape[0] + 1) / 1.5) : 0;
      return element(
        "li",
        {},
        link(
          format({ ...state, trail: [{ step: last.name, place: [] }] }),
          stack(stepThumbnail(last, theme, side), Math.min(sheets, MOST_SHEETS)),
          element("span", {}, title),
          element("span", { class: "quiet" }, shapeText(last.shape)),
        ),
      );
    }),
  );
}

/**
 * Draw a stack.
 *
 * @param {HTMLCanvasElement} front
 * @param {number} sheets  number of sheets behind the front one
 */
function stack(front, sheets) {
  const made = element("span", { class: "sheets" });
  made.style.setProperty("--sheets", String(sheets));
  for (let sheet = sheets; sheet > 0; sheet--) {
    const behind = element("span", { class: "sheet" });
    behind.style.setProperty("--sheet", String(sheet));
    made.append(behind);
  }
  made.append(front);
  return made;
}
