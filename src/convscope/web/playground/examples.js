/** One example drawing per class. */

import { element } from "convscope/kit/dom.js";
import { mapCanvas, pixelPaint } from "convscope/kit/maps.js";
import { theme } from "convscope/kit/theme.js";

/**
 * @param {string[]} classes
 * @param {(place: number) => Uint8Array} drawingOf
 * @param {number} width
 * @param {(pixels: Uint8Array) => void} onChoose
 */
export function examples(classes, drawingOf, width, onChoose) {
  return classes.map((name, place) => {
    const pixels = drawingOf(place);
    const height = pixels.length / width;
    const picture = {
      height,
      width,
      cell: 1,
      paint: pixelPaint({ shape: [1, height, width], data: pixels }),
    };
    const canvas = mapCanvas(picture, theme());
    return element(
      "button",
      {
        type: "button",
        class: "example-drawing",
        "aria-label": `draw: ${name}`,
        title: name,
        click: () => onChoose(pixels),
      },
      canvas,
    );
  });
}
