"""A picture's way through a network, for the lesson to show and to ask about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import softmax
from convscope.walkthrough.chain import Step, forward
from convscope.walkthrough.smiley import smiley_model, smiley_picture

if TYPE_CHECKING:
    from collections.abc import Container

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.steps.arrays import Array
    from convscope.walkthrough.chain import Kind


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A model, a picture and every step between them.

    Attributes:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.
        steps: From the image to softmax, float64.
        truth: The true class; where nobody knows it, the one that the model thinks most probable.
    """

    model: Model
    pixels: NDArray[np.uint8]
    steps: tuple[Step, ...]
    truth: int

    @property
    def logits(self) -> Array:
        """(classes,) what the output neurons say."""
        return self.steps[-1].input

    @property
    def probabilities(self) -> Array:
        """(classes,) softmax of the logits."""
        return softmax.forward(self.logits)

    def weights(self, step: Step) -> tuple[Array, Array]:
        """Weights and biases of a convolution or a full connection."""
        weight, bias = (self.model.weights[f"{step.name}.{part}"] for part in ("weight", "bias"))
        return weight.astype(np.float64), bias.astype(np.float64)

    def first(self, kinds: Container[Kind]) -> tuple[Material, Step]:
        """The first step of these kinds that works on maps; a network without one lends the smiley's."""
        for step in self.steps:
            if step.kind in kinds and step.input.ndim == 3:
                return self, step
        return smiley().first(kinds)


def material(model: Model, pixels: NDArray[np.uint8], truth: str | None) -> Material:
    """Take a picture through a model.

    Args:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.
        truth: The class that the picture is under, if the model knows it.

    Raises:
        NetworkError: The model's numbers grow beyond all bounds.
    """
    steps = forward(model, pixels)
    known = truth is not None and truth in model.classes
    return Material(
        model, pixels, steps, model.classes.index(truth) if known else int(steps[-1].input.argmax())
    )


def smiley() -> Material:
    """The example that needs no model: small enough for pen and paper."""
    return material(smiley_model(), smiley_picture()[:, :, np.newaxis], "smiley")
