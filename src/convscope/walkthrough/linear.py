"""The network without ReLU: its prediction, and a proof that stacked linear steps are a single one.

Convolutions, average pooling and full connections are weighted sums plus a bias. A weighted sum of weighted
sums is again a weighted sum, so without ReLU the whole chain is

    logits = matrix x + bias

for any number of steps. Row k of the matrix is the gradient of logit k at the picture, which is the same for
every picture. Here it is computed on one picture and tested on others. Max pooling is not linear either; for
this proof it is replaced by average pooling. Each row takes a backward pass and each other picture a forward
pass, so for large networks only a few rows are computed, and tested on fewer pictures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.network.variants import with_pooling, without_activations
from convscope.walkthrough.compute import tempered_step
from convscope.walkthrough.explanation_document import Linear, NoRelu
from convscope.walkthrough.losses import top_classes
from convscope.walkthrough.numpy_chain import forward, gradient_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.walkthrough.numpy_chain import ComputedStep

_BUDGET = 500_000_000
"""Budget of multiply-adds for all rows of the matrix."""
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def compute_without_relu(model: Model, pixels: NDArray[np.uint8]) -> NoRelu:
    """Compute the prediction without ReLU, and the equivalent single linear step.

    Args:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.
    """
    without = replace(model, chain=without_activations(model.chain))
    steps = forward(without, pixels)
    probabilities = tempered_step(steps[-1], model.temperature).output
    averaging = replace(without, chain=with_pooling(without.chain, "average_pooling"))
    is_same = averaging.chain == without.chain
    return NoRelu(
        probabilities=probabilities.tolist(),
        predicted=int(probabilities.argmax()),
        labels=found_labels(model, probabilities),
        linear=_linear(averaging, pixels, steps if is_same else None, is_averaged=not is_same),
    )


def found_labels(model: Model, probabilities: NDArray[np.float64]) -> list[int] | None:
    """Return the labels whose probabilities reach their thresholds; None with one class per picture."""
    if model.thresholds is None:
        return None
    return np.flatnonzero(model.decide(probabilities[np.newaxis])[0]).tolist()


def _linear(
    model: Model, pixels: NDArray[np.uint8], steps: tuple[ComputedStep, ...] | None, *, is_averaged: bool
) -> Linear:
    """Compute the matrix from a picture and test it on others: flipped both ways, and negated.

    Args:
        model: The model without activations and max pooling.
        pixels: uint8 (height, width, channels), prepared.
        steps: The result of `forward` for them, if already computed.
        is_averaged: Whether max pooling was replaced by average pooling.
    """
    steps = steps or forward(model, pixels)
    logits, inputs = steps[-1].input, steps[0].output.ravel()
    passes = max(1, _BUDGET // model.chain.multiply_adds)
    classes = _rows(logits, passes)
    unit = np.eye(len(logits))
    matrix = np.array([gradient_at(steps, model, unit[index], "image").ravel() for index in classes])
    bias = logits[classes] - matrix @ inputs
    others = {"its mirror image": pixels[:, ::-1], "upside down": pixels[::-1], "a negative": 255 - pixels}
    others = dict(list(others.items())[:passes])
    largest = max(_difference(model, other, classes, matrix, bias) for other in others.values())
    averaged = " and with average pooling in place of max pooling, which is not linear" if is_averaged else ""
    text = (
        f"Without ReLU{averaged}, {len(model.weights) // 2} layers with weights are no more than one: "
        f"logits = matrix · x + bias, with a matrix of {len(classes)} × {len(inputs):,}"
        f"{_of_all(classes, logits)}. "
        f"Computed on this picture and tested on {_listed([*others])}, it gives the chain's logits; the "
        f"largest difference is {_scientific(largest)}."
    )
    return Linear(
        classes=classes,
        weights_shape=[*matrix.shape],
        pictures=len(others),
        largest_difference=largest,
        text=text,
    )


def _rows(logits: NDArray[np.float64], most: int) -> list[int]:
    """Choose the classes whose rows are computed: the most probable ones."""
    classes = top_classes(logits)
    return sorted(sorted(classes, key=lambda index: -logits[index])[:most])


def _of_all(classes: list[int], logits: NDArray[np.float64]) -> str:
    rows = "the row of the largest logit" if len(classes) == 1 else f"the rows of the {len(classes)} largest"
    return "" if len(classes) == len(logits) else f" ({rows} logits)" if len(classes) > 1 else f" ({rows})"


def _listed(names: list[str]) -> str:
    """Join names as in a sentence.

    Example:
        >>> _listed(["one", "two", "three"]), _listed(["one"])
        ('one, two and three', 'one')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


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
