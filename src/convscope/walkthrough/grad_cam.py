"""Grad-CAM: where in the picture the features lie that speak for a class.

The gradient of the class's logit at every cell of a convolution's maps A says how much the logit would grow
with that cell; its mean over a map is the map's weight:

    weight[k] = mean over y, x of d logit / d A[k, y, x]
    map[y, x] = max(0, sum over k of weight[k] * A[k, y, x])

divided by its largest value. The last convolution is taken, after its ReLU: it knows the most about what
classes are made of, and its cells still have places.

Source: R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
localization", ICCV 2017, https://arxiv.org/abs/1610.02391.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import relu
from convscope.walkthrough.numpy_chain import gradient_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.steps.arrays import Array
    from convscope.walkthrough.numpy_chain import ComputedStep


def layer_of(steps: Sequence[ComputedStep]) -> ComputedStep | None:
    """Choose the maps to look at: the last convolution's after ReLU that have more than one cell.

    Where all have only one, the last of them; None where the network has no convolution.
    """
    rectified = [step for step in steps if step.kind == "relu" and step.output.ndim == 3]
    with_places = [step for step in rectified if step.output[0].size > 1]
    return next(iter([*with_places[::-1], *rectified[::-1]]), None)


def grad_cam(steps: Sequence[ComputedStep], model: Model, layer: ComputedStep, class_index: int) -> Array:
    """Compute the map of one class.

    Args:
        steps: What `numpy_chain.forward` returned.
        model: The model.
        layer: What `layer_of` returned.
        class_index: Whose logit is explained.

    Returns:
        (height, width) of the layer's maps, 0 to 1; all 0 where nothing speaks for the class.
    """
    at_logits = np.eye(len(model.classes))[class_index]
    weights = gradient_at(steps, model, at_logits, layer.name).mean(axis=(1, 2))
    found = relu.forward(np.tensordot(weights, layer.output, axes=1))
    largest = found.max()
    return found / largest if largest > 0 else found
