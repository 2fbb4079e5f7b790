/** The input cell selected in the backward pass, stored in the address as `cell=2.0.5`. */

/**
 * Return the selected cell, or null if the address contains none or one that does not fit.
 *
 * @param {import("convscope/walk/backward/views.js").Back} back
 * @param {number[]} shape  of the input
 * @param {(cell: number[]) => boolean} [fits]
 * @returns {number[] | null}
 */
export function inputCell({ context }, shape, fits = () => true) {
  const cell = (context.state.options.cell ?? "").split(".").filter(Boolean).map(Number);
  const isInside =
    cell.length === shape.length &&
    cell.every((part, axis) => Number.isInteger(part) && part >= 0 && part < shape[axis]);
  return isInside && fits(cell) ? cell : null;
}
