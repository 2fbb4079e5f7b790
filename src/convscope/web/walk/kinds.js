/**
 * All kinds of steps, by their name in the walk document: display name, explanation and view. A new kind
 * needs an entry here and a module in `views/`; a new pooling only an entry in `views/pooling.js`.
 */

import { addition } from "convscope/walk/views/addition.js";
import { binaryCrossEntropy } from "convscope/walk/views/binary_cross_entropy.js";
import { convolution } from "convscope/walk/views/convolution.js";
import { depthwiseConvolution } from "convscope/walk/views/depthwise_convolution.js";
import { flattening } from "convscope/walk/views/flattening.js";
import { fullConnection } from "convscope/walk/views/full_connection.js";
import { image } from "convscope/walk/views/image.js";
import { invariance } from "convscope/walk/views/invariance.js";
import { joining } from "convscope/walk/views/joining.js";
import { loss } from "convscope/walk/views/loss.js";
import { overview } from "convscope/walk/views/overview.js";
import { POOLINGS } from "convscope/walk/views/pooling.js";
import { relu, relu6 } from "convscope/walk/views/relu.js";
import { sigmoid } from "convscope/walk/views/sigmoid.js";
import { softmax } from "convscope/walk/views/softmax.js";
import { temperature } from "convscope/walk/views/temperature.js";
import { why } from "convscope/walk/views/why.js";

/** @type {Record<string, import("convscope/walk/view.js").Kind>} */
export const KINDS = {
  image,
  convolution,
  depthwise_convolution: depthwiseConvolution,
  relu,
  relu6,
  addition,
  joining,
  ...POOLINGS,
  flattening,
  full_connection: fullConnection,
  temperature,
  softmax,
  sigmoid,
  loss,
  binary_cross_entropy: binaryCrossEntropy,
};

/**
 * Pages that do not show a step, by their name in the address.
 *
 * @type {Record<string, import("convscope/walk/view.js").Extra>}
 */
export const EXTRAS = { overview, why, invariance };
