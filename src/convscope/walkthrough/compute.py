"""From a picture to computed steps, each checked against the prediction engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.model.calibration import label_probabilities, tempered
from convscope.model.inputs import picture_name, read_input
from convscope.model.intermediate import Intermediate
from convscope.pictures.preparation import prepare
from convscope.walkthrough.document import ImageStep
from convscope.walkthrough.drawing import data_url
from convscope.walkthrough.input_history import input_history
from convscope.walkthrough.numpy_chain import NUMPY_STEPS, ComputedStep, forward
from convscope.walkthrough.step_documents import StepWriter, common_fields
from convscope.walkthrough.truth import outcomes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.inputs import Picture
    from convscope.walkthrough.document import AnyStep, Change


@dataclass(frozen=True, slots=True, eq=False)
class ModelInput:
    """A picture prepared for a model, with its preprocessing.

    Attributes:
        name: The picture's name.
        pixels: uint8 (height, width, channels), prepared.
        original: The original as a data URL.
        original_shape: Height, width and channels of the original, upright.
        changes: The preprocessing, step by step.
    """

    name: str
    pixels: NDArray[np.uint8]
    original: str
    original_shape: tuple[int, int, int]
    changes: list[Change]


@dataclass(frozen=True, slots=True, eq=False)
class Computation:
    """Every step of a model for one picture.

    Attributes:
        input: The picture.
        steps: The result of `numpy_chain.forward`.
        differences: Largest difference to the engine's result, by name of the step.
    """

    input: ModelInput
    steps: tuple[ComputedStep, ...]
    differences: dict[str, float]

    @property
    def logits(self) -> NDArray[np.float64]:
        """(classes,) the logits."""
        return self.steps[-1].input

    @property
    def features(self) -> NDArray[np.float64]:
        """(inputs,) the input of the output layer."""
        return self.steps[-2].input

    def write(self, writer: StepWriter) -> list[AnyStep]:
        """Write every step in order, with the temperature after the logits if it is not 1, the loss last."""
        scaled = tempered_step(self.steps[-1], writer.model.temperature)
        is_scaled = scaled is not self.steps[-1]
        return [
            self._image(writer),
            *(writer.write(step, self.differences[step.name]) for step in self.steps[1:-1]),
            *([writer.temperature(scaled, self.differences["temperature"])] if is_scaled else []),
            writer.write(scaled, self.differences[scaled.name]),
            writer.loss(scaled, self.differences["loss"]),
        ]

    def _image(self, writer: StepWriter) -> ImageStep:
        picture, model, image = self.input, writer.model, self.steps[0]
        return ImageStep(
            **common_fields(image.step, self.differences["image"]),
            original=picture.original,
            original_shape=[*picture.original_shape],
            changes=picture.changes,
            pixels=writer.encode_as("uint8", picture.pixels.transpose(2, 0, 1)),
            mean=[*model.mean],
            std=[*model.std],
            output=writer.encode(image.output),
        )


PROBABILITIES = {"softmax": tempered, "sigmoid": label_probabilities}
"""The function from the engine's logits to probabilities, by kind of the last step."""


def tempered_step(computed: ComputedStep, temperature: float) -> ComputedStep:
    """Return softmax or sigmoid of the logits divided by the temperature, as in the model's predictions.

    Example:
        >>> from convscope.walkthrough.smiley import smiley_model
        >>> softmax_step = smiley_model().chain.steps[-1]
        >>> cold = ComputedStep(softmax_step, (np.array([0.0, 4.0]),), np.array([0.018, 0.982]))
        >>> tempered_step(cold, 2.0).input.tolist()
        [0.0, 2.0]
    """
    if temperature == 1:
        return computed
    logits = computed.input / temperature
    step = replace(computed.step, inputs=("temperature",))
    return ComputedStep(step, (logits,), NUMPY_STEPS[step.family].forward(step, (logits,), []))


def step_engine(model: Model) -> Intermediate:
    """Open the engine that computes every step for comparison with the walk.

    It has a single thread: with one picture at a time, several threads mostly wait for each other.
    """
    return Intermediate(model, [step.name for step in model.chain][:-1], threads=1)


def prepare_input(picture: Picture, model: Model, name: str | None = None) -> ModelInput:
    """Read a picture and prepare it for a model.

    Args:
        picture: A picture, as for `convscope.load(...).predict`.
        model: The model.
        name: Display name of the picture; None: its path.

    Raises:
        PictureError: The picture cannot be read.
    """
    name, size = name or picture_name(picture, 1), model.preparation
    reading = read_input(picture, name, size.shortest_side)
    # the page shows a JPEG in full size, even if the network's input was decoded at a smaller scale
    original = read_input(picture, name).pixels if reading.full_size else reading.pixels
    height, width, channels = original.shape
    return ModelInput(
        name,
        pixels=prepare(reading.pixels, size),
        original=data_url(original),
        original_shape=(height, width, channels),
        changes=input_history(reading, model),
    )


def compute(picture: ModelInput, model: Model, engine: Intermediate) -> Computation:
    """Compute every step of a model for a picture.

    Args:
        picture: The result of `prepare_input` for this model, or for one with different weights.
        model: The model.
        engine: The result of `step_engine` for it.

    Raises:
        NetworkError: A value of the model overflows.
    """
    steps = forward(model, picture.pixels)
    return Computation(picture, steps, _differences(model, engine.values(picture.pixels[np.newaxis]), steps))


def _differences(
    model: Model, engine: Mapping[str, NDArray[np.float32]], steps: tuple[ComputedStep, ...]
) -> dict[str, float]:
    """Return the largest absolute difference of each step to the engine's result.

    Of the losses, only the training loss (the steepest) is compared, at the engine's logits.
    """
    differences = {step.name: float(np.abs(step.output - engine[step.name][0]).max()) for step in steps[:-1]}
    scaled = tempered_step(steps[-1], model.temperature)
    logits, engine_logits = scaled.input, engine[model.chain.output.name]
    engine_scaled = engine_logits[0] / model.temperature
    engine_probabilities = PROBABILITIES[scaled.kind](engine_logits, model.temperature)[0]
    outcomes = outcomes_of(model, logits)
    truths = [outcomes.truth(number) for number in outcomes.likely()]
    return {
        **differences,
        "temperature": float(np.abs(logits - engine_scaled).max()),
        scaled.name: float(np.abs(scaled.output - engine_probabilities).max()),
        "loss": max(abs(truth.loss(logits) - truth.loss(engine_scaled)) for truth in truths),
    }
