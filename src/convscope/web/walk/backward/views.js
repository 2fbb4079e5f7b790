/**
 * The backward pass of every kind of step: the text that explains it, and the view that draws it.
 *
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/view.js").Context} Context
 * @typedef {import("convscope/walk/view.js").View} View
 * @typedef {import("convscope/walk/view.js").Text} Text
 * @typedef {import("convscope/walk/backward/source.js").Gradients} Gradients
 *
 * @typedef {object} Further
 * @property {(name: string, value: string) => void} keep  sets an option in the address without redrawing
 * @property {(place: number[]) => void} jump  selects another number and redraws everything
 *
 * @typedef {object} Back  input of a view of the backward pass
 * @property {Context & Further} context
 * @property {number} truth  the class or label set taken as the true one, see truth.js
 * @property {import("convscope/walk/backward/source.js").Kept} kept
 * @property {Gradients} own  gradients of the step; for loss, softmax and temperature, those of the logits
 */

import { logits } from "convscope/walk/backward/logits.js";
import { elementwise, pooling } from "convscope/walk/backward/passing.js";
import { branching, flattening, image } from "convscope/walk/backward/rearranging.js";
import { isAfterLogits } from "convscope/walk/chain.js";
import { filters, neurons } from "convscope/walk/backward/weighted.js";

const ZERO =
  "Grey cells have a gradient of exactly 0: they do not affect the loss, and the weights behind them learn nothing from this picture.";
const SIGN =
  "A positive gradient (orange) means that the loss rises with the number, so training lowers it; a negative one (blue) means the opposite.";

/** @type {Record<string, {text: Text, view: (step: any, back: Back) => View}>} */
const KINDS = {
  loss: {
    text: {
      does: "Backpropagation starts here, at the loss: how would the loss change with each logit? For softmax and cross-entropy together the gradient is simply probability minus target.",
      attempt: "Choose another class as the true one. Which logits should rise, and which should fall?",
      more: [SIGN, "The gradients add up to 0: what the true class gains, the others lose."],
    },
    view: logits,
  },
  binary_cross_entropy: {
    text: {
      does: "Backpropagation starts here, at the loss: how would the loss change with each logit? For sigmoids and binary cross-entropy together, the gradient of each label is simply its probability minus 1 if it is present, and minus 0 if not.",
      attempt:
        "Choose other labels as the true ones. Only the gradients of the labels that you change will change.",
      more: [
        SIGN,
        "Each label's gradient depends on its own logit alone: they need not add up to 0, as with softmax.",
      ],
    },
    view: logits,
  },
  full_connection: {
    text: {
      does: "Each neuron passes its gradient to every input, times the weight between them. Each weight gets gradient × input.",
      attempt: "Choose a weight, and take steps downhill until the loss does not fall any more.",
      more: [SIGN, "An input of 0 gives its weights a gradient of 0, however wrong the answer is."],
    },
    view: neurons,
  },
  flattening: {
    text: {
      does: "The gradient of each number goes back to the cell of the map that it came from.",
      attempt: "Point at a number on the right, and see where it goes.",
      more: [SIGN],
    },
    view: flattening,
  },
  pooling: {
    text: {
      does: "Max pooling passes the gradient to the winner of each window alone; average pooling spreads it evenly.",
      attempt: "Find a cell that gets no gradient. Which cell of its window won?",
      more: [ZERO, "In 2 × 2 max pooling, three of four cells learn nothing from this picture."],
    },
    view: pooling,
  },
  relu: {
    text: {
      does: "Where a number was set to 0, nothing passes back; everywhere else the gradient passes unchanged.",
      attempt:
        "Switch between forward and backpropagation: the cells that were blue before ReLU are grey now.",
      more: [ZERO, "A neuron that is silent for every picture gets no gradient any more: it is called dead."],
    },
    view: elementwise,
  },
  convolution: {
    text: {
      does: "Each output cell passes its gradient to the cells of its window, times the weights on them. Each weight adds up gradient × input over all places of the window.",
      attempt: "Look at the gradients to the weights, choose the largest one, and take steps downhill below.",
      more: [
        SIGN,
        ZERO,
        "A filter is used at all places, so its gradient is a sum over all of them: it learns from the whole picture.",
      ],
    },
    view: filters,
  },
  addition: {
    text: {
      does: "A sum passes its whole gradient to both of its inputs: through the block, and along the shortcut around it.",
      attempt: "Compare the gradient before and after a block: the shortcut keeps it from fading.",
      more: [SIGN],
    },
    view: branching,
  },
  joining: {
    text: {
      does: "Each map's gradient goes back to the step that the map came from.",
      attempt: "Choose a map on the right and see which step it belongs to.",
      more: [SIGN],
    },
    view: branching,
  },
  image: {
    text: {
      does: "The gradient at the pixels: which of them would change the loss most.",
      attempt:
        "Compare the strong and the weak places with what you look at yourself to recognise the picture.",
      more: [SIGN],
    },
    view: image,
  },
};

/** Kinds of steps whose backward pass is drawn like that of another kind. @type {Record<string, string>} */
const LIKE = { relu6: "relu", depthwise_convolution: "convolution" };

/**
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {Step} step
 */
export function backwardKind({ steps }, step) {
  const { kind } = isAfterLogits(step) ? steps[steps.length - 1] : step; // they are shown with the loss
  const name = kind.endsWith("_pooling") ? "pooling" : (LIKE[kind] ?? kind);
  return KINDS[name];
}

/**
 * Return the name of the step whose gradients a view needs: its own, or that of the logits.
 *
 * @param {import("convscope/walk/chain.js").Chain} chain
 * @param {Step} step
 */
export function neededFor({ steps }, step) {
  if (!isAfterLogits(step)) return step.name;
  const first = steps.find(isAfterLogits);
  return first?.sources[0].name ?? step.name;
}
