"""Grad-CAM (gradient-weighted class activation mapping): where in the picture the evidence for a class lies.

The gradient of the class's logit at a cell of the feature maps A is the change of the logit per change of the
cell. Its mean over a map is the map's weight:

    weight[k] = mean over y, x of d logit / d A[k, y, x]
    map[y, x] = max(0, sum over k of weight[k] * A[k, y, x])

divided by its largest value. It uses the last maps of a convolution, after its activation and shortcut: they
are the most specific to the classes, and their cells still have positions in the picture.

Source: R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
localization", ICCV 2017, https://arxiv.org/abs/1610.02391.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.network.chain import ACTIVATIONS
from convscope.steps import relu
from convscope.walkthrough.numpy_chain import gradient_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.steps.arrays import Array
    from convscope.walkthrough.numpy_chain import ComputedStep

_KINDS = {"convolution", "depthwise_convolution", "addition", *ACTIVATIONS}


def layer_of(steps: Sequence[ComputedStep]) -> ComputedStep | None:
    """Return the last maps of a convolution, after its activation and shortcut, that have more than one cell.

    If all have only one cell, return the last convolution; None if the network has no convolution.
    """
    convolved = [step for step in steps if step.kind in _KINDS and step.output.ndim == 3]
    with_positions = [step for step in convolved if step.output[0].size > 1]
    return next(iter([*with_positions[::-1], *convolved[::-1]]), None)


def grad_cam(steps: Sequence[ComputedStep], model: Model, layer: ComputedStep, class_index: int) -> Array:
    """Compute the Grad-CAM map of one class.

    Args:
        steps: The result of `numpy_chain.forward`.
        model: The model.
        layer: The result of `layer_of`.
        class_index: The class whose logit is explained.

    Returns:
        (height, width) of the layer's maps, 0 to 1; all 0 without evidence for the class.
    """
    at_logits = np.eye(len(model.classes))[class_index]
    weights = gradient_at(steps, model, at_logits, layer.name).mean(axis=(1, 2))
    evidence = relu.forward(np.tensordot(weights, layer.output, axes=1))
    largest = evidence.max()
    return evidence / largest if largest > 0 else evidence
