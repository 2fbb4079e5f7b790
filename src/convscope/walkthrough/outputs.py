"""The output of every step of a walk, read from the document.

Some steps do not store their output, because it follows from their input: ReLU and ReLU6, addition, joining,
max pooling (which stores the winners) and flattening.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from convscope.steps import addition, joining, relu, relu6
from convscope.walkthrough.document import (
    LabelLossStep,
    LossStep,
    PoolingStep,
    SigmoidStep,
    SoftmaxStep,
    TemperatureStep,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from convscope.walkthrough.document import AnyStep, Walk


def outputs(walk: Walk) -> dict[str, NDArray[np.float64]]:
    """Return the output of every step but the loss, by name; numbers are rounded as in the walk.

    Example:
        >>> from convscope.walkthrough.smiley import smiley_model, smiley_picture
        >>> from convscope.walkthrough.walk import walk
        >>> found = outputs(walk(smiley_model(), smiley_picture()))
        >>> found["flattening"].tolist()
        [1.0, 1.0, 0.0, 4.0, 2.0, 1.0, 0.0, 2.0, 1.0]
    """
    values: dict[str, NDArray[np.float64]] = {}
    for step in walk.steps:
        if not isinstance(step, LossStep | LabelLossStep):
            inputs = [values[name] for name in step.inputs]
            values[step.name] = np.asarray(_output(step, inputs), np.float64)
    return values


def _output(step: AnyStep, inputs: list[NDArray[np.float64]]) -> NDArray[Any]:
    if step.kind in _DERIVED:
        return _DERIVED[step.kind](inputs)
    if isinstance(step, PoolingStep):
        return step.values(inputs[0])
    if isinstance(step, SoftmaxStep | SigmoidStep | TemperatureStep):
        return np.array(step.output)
    return cast("Any", step).output.values()


_DERIVED: dict[str, Callable[[list[NDArray[np.float64]]], NDArray[np.float64]]] = {
    "relu": lambda inputs: relu.forward(inputs[0]),
    "relu6": lambda inputs: relu6.forward(inputs[0]),
    "addition": lambda inputs: addition.forward(inputs[0], inputs[1]),
    "joining": joining.forward,
    "flattening": lambda inputs: inputs[0].reshape(-1),
}
"""Kinds of steps whose output follows from their input."""
