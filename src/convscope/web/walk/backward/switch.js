/**
 * Switch between the forward pass, from the picture to the prediction, and the backward pass, from the loss
 * to the weights.
 */

import { choice } from "convscope/kit/choice.js";
import { element } from "convscope/kit/dom.js";
import { membersOf, named } from "convscope/walk/truth.js";

/**
 * @typedef {import("convscope/walk/backward/source.js").Source} Source
 * @typedef {{isBack: boolean, truth: number}} Way
 */

/**
 * @param {import("convscope/kit/address.js").State} state
 * @param {Source | null} source
 * @returns {Way}
 */
export function wayOf({ options }, source) {
  const asked = Number(options.truth ?? NaN);
  const truths = source?.truths ?? [];
  return {
    isBack: source !== null && options.way === "back",
    truth: truths.includes(asked) ? asked : (truths[0] ?? 0),
  };
}

/**
 * Create the switch.
 *
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {Source} source
 * @param {Way} way
 * @param {(name: string, value: string) => void} set  sets an option in the address
 */
export function waySwitch(chain, { truths }, { isBack, truth }, set) {
  const side = (/** @type {string} */ text, /** @type {boolean} */ back) =>
    element(
      "button",
      {
        type: "button",
        "aria-pressed": String(isBack === back),
        click: () => set("way", back ? "back" : ""),
      },
      text,
    );
  const known = chain.labels ? " (true)" : " (the true class)";
  const name = (/** @type {number} */ outcome) =>
    `${named(chain, membersOf(chain, outcome))}${outcome === chain.truth ? known : ""}`;
  const options = Object.fromEntries(truths.map((index) => [String(index), name(index)]));
  return element(
    "div",
    { class: "way", role: "group", "aria-label": "direction" },
    element("span", { class: "segments" }, side("Forward →", false), side("← Backpropagation", true)),
    isBack &&
      truths.length > 0 &&
      choice(chain.labels ? "if it shows" : "if the class is", String(truth), options, (chosen) =>
        set("truth", chosen),
      ),
  );
}
