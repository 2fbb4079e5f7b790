"""The steps of a network for a picture, which the lesson shows and asks about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from convscope.model.one_class import require_one_class
from convscope.pictures.shapes.drawings import draw_shape
from convscope.playground.shipped_model import shapes_model
from convscope.steps import softmax
from convscope.walkthrough.compute import prepare_input, step_engine
from convscope.walkthrough.numpy_chain import ComputedStep, forward
from convscope.walkthrough.walk import walk_steps

if TYPE_CHECKING:
    from collections.abc import Container

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.steps.arrays import Array
    from convscope.walkthrough.document import Walk

_DRAWN, _SEED = "smiley", 3
"""The drawing of the lesson. The network was not trained on drawings with its seed."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A model, a picture and all computed steps.

    Attributes:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.
        steps: From the image to softmax, float64.
        truth: The true class; if it is unknown, the predicted one.
    """

    model: Model
    pixels: NDArray[np.uint8]
    steps: tuple[ComputedStep, ...]
    truth: int

    @property
    def logits(self) -> Array:
        """The logits, (classes,)."""
        return self.steps[-1].input

    @property
    def probabilities(self) -> Array:
        """Softmax of the logits, (classes,)."""
        return softmax.forward(self.logits)

    def weights(self, step: ComputedStep) -> tuple[Array, Array]:
        """Return weights and biases of a convolution or a full connection."""
        weight, bias = (self.model.weights[f"{step.name}.{part}"] for part in ("weight", "bias"))
        return weight.astype(np.float64), bias.astype(np.float64)

    def first(self, kinds: Container[str]) -> tuple[Material, ComputedStep]:
        """Return the first step of these kinds that reads feature maps; the lesson's own if there is none."""
        for step in self.steps:
            if step.kind in kinds and step.input.ndim == 3:
                return self, step
        return own_material().first(kinds)


def material(model: Model, pixels: NDArray[np.uint8], truth: str | None) -> Material:
    """Compute the steps of a model for a picture.

    Args:
        model: The model.
        pixels: uint8 (height, width, channels), prepared.
        truth: The class of the picture, if it is known.

    Raises:
        NetworkError: The numbers overflow.
        SettingError: The model predicts several labels per picture.
    """
    require_one_class(model, "the lesson", "it teaches softmax and cross-entropy")
    model = replace(model, temperature=1.0)  # as in training, because the lesson is about the network only
    steps = forward(model, pixels)
    known = truth is not None and truth in model.classes
    return Material(
        model, pixels, steps, model.classes.index(truth) if known else int(steps[-1].input.argmax())
    )


@cache
def own_material() -> Material:
    """Return the lesson's own material: the built-in network, and a drawing that is new to it."""
    drawing = draw_shape(_DRAWN, np.random.default_rng(_SEED))
    return material(shapes_model(), drawing[:, :, np.newaxis], _DRAWN)


def steps_of(material: Material) -> Walk:
    """Return the steps of a material as a walk's document."""
    model = material.model
    picture = prepare_input(material.pixels, model, "picture")
    return walk_steps(model, picture, step_engine(model), truth=model.classes[material.truth])
