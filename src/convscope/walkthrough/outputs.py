"""What every step of a walk gives out, read from the document.

Some steps hold no output of their own, as it follows from what they read: ReLU and ReLU6, max pooling (which
names the winners) and flattening.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from convscope.steps import relu, relu6
from convscope.walkthrough.document import (
    FlatteningStep,
    LossStep,
    PoolingStep,
    Relu6Step,
    ReluStep,
    SoftmaxStep,
)

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from convscope.walkthrough.document import AnyStep, Walk


def outputs(walk: Walk) -> dict[str, NDArray[np.float64]]:
    """Return the output of every step but the loss by its name; numbers are as rounded as the walk's are.

    Example:
        >>> from convscope.walkthrough.smiley import smiley_model, smiley_picture
        >>> from convscope.walkthrough.walk import walk
        >>> found = outputs(walk(smiley_model(), smiley_picture()))
        >>> found["flattening"].tolist()
        [1.0, 1.0, 0.0, 4.0, 2.0, 1.0, 0.0, 2.0, 1.0]
    """
    values: dict[str, NDArray[np.float64]] = {}
    for step in walk.steps:
        if not isinstance(step, LossStep):
            inputs = [values[name] for name in step.inputs]
            values[step.name] = np.asarray(_output(step, inputs), np.float64)
    return values


def _output(step: AnyStep, inputs: list[NDArray[np.float64]]) -> NDArray[Any]:
    match step:
        case ReluStep():
            return relu.forward(inputs[0])
        case Relu6Step():
            return relu6.forward(inputs[0])
        case PoolingStep():
            return step.values(inputs[0])
        case FlatteningStep():
            return inputs[0].reshape(-1)
        case SoftmaxStep():
            return np.array(step.output)
        case _:
            return cast("Any", step).output.values()
