/** A choice between a few ways of looking. */

import { element } from "convscope/kit/dom.js";

/**
 * @param {string} label
 * @param {string} chosen
 * @param {Record<string, string>} options  values and their names
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
