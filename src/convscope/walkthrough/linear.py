"""The network without ReLU: what it predicts, and a proof that stacked linear steps are a single one.

Convolutions, average pooling and full connections are weighted sums plus a bias. A weighted sum of weighted
sums is again a weighted sum, so without ReLU the whole chain is

    logits = matrix x + bias

for any number of steps. Row k of the matrix is the gradient of logit k at the picture, which is the same for
every picture. Here it is computed on one picture and tested on others. Max pooling is not linear either; for
this proof it is replaced by average pooling.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.network.variants import with_pooling, without_activations
from convscope.walkthrough.document import Linear, NoRelu
from convscope.walkthrough.losses import top_classes
from convscope.walkthrough.numpy_chain import forward, gradient_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.file import Model

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def compute_without_relu(model: Model, pixels: NDArray[np.uint8]) -> NoRelu:
    """Compute the prediction without ReLU, and the single linear step that the network then is.

    Args:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.
    """
    without = replace(model, chain=without_activations(model.chain))
    probabilities = forward(without, pixels)[-1].output
    return NoRelu(
        probabilities=probabilities.tolist(),
        predicted=int(probabilities.argmax()),
        linear=_linear(replace(without, chain=with_pooling(without.chain, "average_pooling")), pixels),
    )


def _linear(model: Model, pixels: NDArray[np.uint8]) -> Linear:
    """Compute the matrix from a picture and test it on three others: flipped both ways, and negated."""
    steps = forward(model, pixels)
    logits, inputs = steps[-1].input, steps[0].output.ravel()
    classes = top_classes(logits)
    unit = np.eye(len(logits))
    matrix = np.array([gradient_at(steps, model, unit[index], "image").ravel() for index in classes])
    bias = logits[classes] - matrix @ inputs
    others = (pixels[:, ::-1], pixels[::-1], 255 - pixels)
    largest = max(_difference(model, other, classes, matrix, bias) for other in others)
    text = (
        f"Without ReLU, {len(model.weights) // 2} steps with weights are no more than one: logits = "
        f"matrix · x + bias, with a matrix of {len(classes)} × {len(inputs):,}. Computed on this picture and "
        "tested on its mirror image, upside down and as a negative, it gives the chain's logits; the largest "
        f"difference is {_scientific(largest)}."
    )
    return Linear(
        classes=classes,
        weights_shape=[*matrix.shape],
        pictures=len(others),
        largest_difference=largest,
        text=text,
    )


def _difference(
    model: Model,
    pixels: NDArray[np.uint8],
    classes: list[int],
    matrix: NDArray[np.float64],
    bias: NDArray[np.float64],
) -> float:
    steps = forward(model, pixels)
    by_matrix = matrix @ steps[0].output.ravel() + bias
    return float(np.abs(by_matrix - steps[-1].input[classes]).max())


def _scientific(value: float) -> str:
    """Format a number with two digits and a power of ten.

    Example:
        >>> _scientific(3.52e-15)
        '3.5×10⁻¹⁵'
    """
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}×10{str(int(power)).translate(_SUPERSCRIPT)}"
