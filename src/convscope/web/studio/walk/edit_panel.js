/**
 * Edit the network: the weights shown in the walk, stride and padding of the first convolution, ReLU. Each
 * change is sent to the server, which recomputes the walk.
 *
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/chain.js").ConvolutionStep} ConvolutionStep
 * @typedef {import("convscope/walk/window_sum.js").FilterStep} FilterStep
 * @typedef {import("convscope/walk/chain.js").FullConnectionStep} FullConnectionStep
 * @typedef {import("convscope/kit/address.js").Place} Place
 *
 * @typedef {import("convscope/studio/answers.js").ModelEdits} EditList
 *
 * @typedef {object} Actions  what the panel can do
 * @property {(edit: object) => void} edit
 * @property {() => void} undo
 * @property {() => void} reset
 * @property {(name: string) => void} keep
 * @property {(tensor: string, place: number[]) => Promise<number>} weight  returns the current value of one
 *   weight
 * @property {Record<string, string>} kernels
 * @property {() => void} resized  called when the panel has been opened or closed, which changes the width of
 *   the walk
 */

import { range } from "convscope/kit/arrays.js";
import { choice } from "convscope/kit/choice.js";
import { limitOf } from "convscope/kit/colours.js";
import { element } from "convscope/kit/dom.js";
import { count, counted, full } from "convscope/kit/numbers.js";
import { redraw } from "convscope/kit/redraw.js";
import { filterChoice } from "convscope/studio/walk/filter_choice.js";
import { weightGrid } from "convscope/studio/walk/weight_grid.js";
import { mapName, stepBefore, stepOfKind } from "convscope/walk/chain.js";

const DIGITS = 3; // digits of a weight in its field; the tooltip shows all of them

/** The panel, which shows what can be edited in the current step of the walk. */
export class EditPanel {
  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.channel = 0;
    this.input = 0;
    this.content = element("div", { class: "stack" });
    this.answer = element("div", { class: "changed-answer", "aria-live": "polite" });
    /** Opens and closes the panel. */
    this.button = element(
      "button",
      { type: "button", "aria-expanded": "false", click: () => this.open(this.element.hidden) },
      "Change the network",
    );
    this.element = element(
      "section",
      { class: "edit-panel", "aria-label": "change the network", hidden: true },
      this.answer,
      this.content,
    );
  }

  /** @param {boolean} isOpen */
  open(isOpen) {
    if (isOpen !== this.element.hidden) return;
    this.element.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.actions.resized();
  }

  /**
   * Show what can be edited at the current position of the walk.
   *
   * @param {EditList} list
   * @param {Chain} chain
   * @param {Step | undefined} step
   * @param {Place} place
   */
  follow(list, chain, step, place) {
    redraw(this.content, () => [
      this.part(chain, step, place, list),
      this.whole(list, chain),
      this.changes(list),
    ]);
  }

  /**
   * @param {EditList} list
   * @param {Chain} chain
   */
  whole({ rectify }, chain) {
    const first = stepOfKind(chain, "convolution");
    const relu = element("input", {
      type: "checkbox",
      role: "switch",
      checked: rectify,
      "aria-label": "ReLU",
      change: () => this.actions.edit({ kind: "relu", present: relu.checked }),
    });
    return element(
      "section",
      { class: "stack" },
      element("label", { class: "switch" }, relu, " ReLU"),
      first
        ? element(
            "details",
            {},
            element("summary", {}, "Stride and padding of the first convolution"),
            element("p", { class: "row" }, this.geometry(first)),
          )
        : null,
    );
  }

  /** @param {ConvolutionStep} step */
  geometry({ stride, padding, window }) {
    const wanted = { stride: [...stride], padding: [...padding] };
    const field = (
      /** @type {"stride" | "padding"} */ what,
      /** @type {0 | 1} */ side,
      /** @type {number} */ least,
      /** @type {number} */ most,
    ) =>
      numberField(
        `${what} of the first convolution, ${side ? "across" : "down"}`,
        wanted[what][side],
        (value) => {
          wanted[what][side] = value;
          this.actions.edit({ kind: "geometry", ...wanted });
        },
        { min: least, max: most, step: 1 },
      );
    return [
      element("span", {}, "stride ", field("stride", 0, 1, 64), " × ", field("stride", 1, 1, 64)),
      element(
        "span",
        {},
        "padding ",
        field("padding", 0, 0, window[0] - 1),
        " × ",
        field("padding", 1, 0, window[1] - 1),
      ),
    ];
  }

  /**
   * @param {Chain} chain
   * @param {Step | undefined} step
   * @param {Place} place
   * @param {EditList} list
   */
  part(chain, step, place, list) {
    if (step?.kind === "convolution" || step?.kind === "depthwise_convolution")
      return this.filter(chain, step, place, list);
    if (step?.kind === "full_connection") return this.neuron(step, place[0]);
    return element(
      "p",
      { class: "quiet" },
      "Choose a convolution or a full connection to change its weights here.",
    );
  }

  /**
   * @param {Chain} chain
   * @param {FilterStep} step
   * @param {Place} place
   * @param {EditList} list
   */
  filter(chain, step, place, list) {
    const [filter] = place;
    const [, channels, rows, columns] = step.filters.shape;
    const before = stepBefore(step);
    this.channel = Math.min(this.channel, channels - 1);
    const { channel } = this;
    const start = (filter * channels + channel) * rows * columns;
    const weights = range(rows * columns).map((index) => step.filters.data[start + index]);
    const names = Object.fromEntries(range(channels).map((one) => [String(one), mapName(before, one)]));
    const chooseChannel = choice("weights for", String(channel), names, (chosen) => {
      this.channel = Number(chosen);
      this.follow(list, chain, step, place);
    });
    return element(
      "section",
      { class: "stack" },
      element("h2", {}, `${step.title}, filter ${filter}`),
      channels > 1 ? element("p", {}, chooseChannel) : null,
      weightGrid(this.fields(step, filter, weights), columns, limitOf(step.filters.data)),
      element("p", { class: "quiet" }, "Drag a weight up or down, or type a number."),
      element("p", {}, this.bias(step, filter)),
      filterChoice(this.actions.kernels, channels > 1 ? channel : null, (kernel, into) =>
        this.actions.edit({ kind: "filter", step: step.name, filter, kernel, channel: into }),
      ),
    );
  }

  /**
   * Create a field for each weight of the channel shown.
   *
   * @param {FilterStep} step
   * @param {number} filter
   * @param {number[]} weights
   */
  fields(step, filter, weights) {
    const columns = step.filters.shape[3];
    return weights.map((value, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const place = [filter, this.channel, row, column];
      return this.weightField(`weight (${row}, ${column})`, `${step.name}.weight`, place, value);
    });
  }

  /**
   * @param {FullConnectionStep} step
   * @param {number} neuron
   */
  neuron(step, neuron) {
    const inputs = stepBefore(step).output.data.length;
    this.input = Math.min(this.input, inputs - 1);
    const tensor = `${step.name}.weight`;
    const slot = element("span", {}, "…");
    const fill = async () => {
      const place = [neuron, this.input];
      const value = await this.actions.weight(tensor, place);
      slot.replaceChildren(this.weightField("weight of this input", tensor, place, value));
    };
    fill();
    const which = numberField(
      "input",
      this.input,
      (value) => {
        this.input = value;
        fill();
      },
      { min: 0, max: inputs - 1, step: 1 },
    );
    return element(
      "section",
      { class: "stack" },
      element("h2", {}, `${step.title}, neuron ${neuron}`),
      element("p", { class: "row" }, this.bias(step, neuron)),
      element("p", { class: "row" }, element("span", {}, `input (0 to ${count(inputs - 1)}) `, which), slot),
    );
  }

  /**
   * @param {FilterStep | FullConnectionStep} step
   * @param {number} index
   */
  bias(step, index) {
    const field = this.weightField("bias", `${step.name}.bias`, [index], step.bias.data[index]);
    return element("span", {}, "bias ", field);
  }

  /**
   * @param {string} label
   * @param {string} tensor
   * @param {number[]} place
   * @param {number} now
   */
  weightField(label, tensor, place, now) {
    return numberField(label, now, (value) => this.actions.edit({ kind: "weight", tensor, place, value }), {
      step: "any",
    });
  }

  /** @param {EditList} list */
  changes({ edits, network }) {
    const name = element("input", {
      type: "text",
      "aria-label": "name of the changed model",
      placeholder: "name",
      maxlength: 60,
    });
    const button = (/** @type {string} */ text, /** @type {() => void} */ click) =>
      element("button", { type: "button", disabled: edits.length === 0, click }, text);
    return element(
      "section",
      { class: "row" },
      element(
        "span",
        {},
        edits.length === 0 ? "No changes yet." : `${counted(edits.length, "change")}, network `,
      ),
      edits.length > 0 ? element("code", {}, network) : null,
      button("Undo", this.actions.undo),
      button("Reset", this.actions.reset),
      element(
        "div",
        { class: "row" },
        name,
        button("Save as a new model", () => this.actions.keep(name.value)),
      ),
    );
  }
}

/**
 * @param {string} label
 * @param {number} value
 * @param {(value: number) => void} onChange
 * @param {Record<string, string | number>} bounds
 */
function numberField(label, value, onChange, bounds) {
  const field = element("input", {
    type: "number",
    "aria-label": label,
    title: full(value),
    value: Number(value.toPrecision(DIGITS)),
    ...bounds,
    change() {
      if (field.value === "" || !field.reportValidity()) return;
      field.defaultValue = field.value; // no longer being edited
      onChange(field.valueAsNumber);
    },
  });
  return field;
}
