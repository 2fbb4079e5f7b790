/** A drop-down list that switches between a few ways to display something. */

import { element } from "convscope/kit/dom.js";

/**
 * Create the drop-down list.
 *
 * @param {string} label
 * @param {string} chosen
 * @param {Record<string, string>} options  values and their labels
 * @param {(value: string) => void} onChange
 */
export function choice(label, chosen, options, onChange) {
  const list = element(
    "select",
    { change: () => onChange(list.value) },
    Object.entries(options).map(([value, name]) =>
      element("option", { value, selected: value === chosen }, name),
    ),
  );
  return element("label", {}, label, " ", list);
}
