/** The icons of the studio's views. */

import { svg } from "convscope/kit/dom.js";

/** Paths in a view box of 20 × 20. @type {Record<string, string>} */
const DRAWN = {
  playground: "M4 16l1-4L14 3l3 3-9 9zM12 5l3 3M3 18h14", // a drawing pen
  train: "M3 3v14h14M5 5c2 7 5 8 12 9", // a falling loss
  record: "M3 6h3l2-2h4l2 2h3v10H3zM10 8a3 3 0 1 0 0 6a3 3 0 1 0 0-6", // camera
  walk: "M2 4h7v7H2zM13 9h5v5h-5zM9 8l4 3M7 15l2 2l3-3", // a map and its connections
  mistakes: "M3 3h14v14H3zM7 7l6 6M13 7l-6 6", // a crossed-out picture
  neurons:
    "M4 5h.1M4 10h.1M4 15h.1M10 7h.1M10 13h.1M16 10h.1M4 5l6 2M4 10l6-3M4 10l6 3M4 15l6-2M10 7l6 3M10 13l6-3", // a net
  compare: "M5 17V9M10 17V4M15 17v-6M3 17h14", // bar chart
  losses: "M3 3v14h14M5 4c0 8 3 11 11 11M5 8c3 4 6 6 11 7", // two losses
  lesson: "M10 5c-2-2-5-2-7-1v11c2-1 5-1 7 1c2-2 5-2 7-1V4c-2-1-5-1-7 1zM10 5v11", // book
};

/** @param {string} room */
export function icon(room) {
  return svg(
    "svg",
    { class: "room-icon", viewBox: "0 0 20 20", "aria-hidden": "true" },
    svg("path", { d: DRAWN[room] ?? "" }),
  );
}
