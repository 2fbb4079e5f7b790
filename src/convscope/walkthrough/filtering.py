"""Filters applied to a picture: the first steps of a walk, without a trained network.

The picture is read in greyscale, 0 to 255, and not normalised, so that every sum can be done by hand. The
filters form a network whose output layer is all zeros and is omitted from the walk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import SettingError
from convscope.model.file import Model
from convscope.model.inputs import picture_name, pixels_of
from convscope.network.chain_builder import build_chain
from convscope.network.notation import Convolution
from convscope.pictures.preparation import Preparation
from convscope.steps.windows import Windows
from convscope.walkthrough.compute import compute, prepare_input, step_engine
from convscope.walkthrough.document import ConvolutionStep, Walk
from convscope.walkthrough.step_documents import StepWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convscope.model.inputs import Picture
    from convscope.steps.arrays import Array

MAX_SIDE = 256
"""Larger pictures are scaled down, because individual pixels would be too small to point at."""


def filter_picture(
    picture: Picture,
    kernels: Mapping[str, Array],
    *,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] | None = None,
) -> Walk:
    """Apply filters to a picture.

    Args:
        picture: A picture, as for `convscope.load(...).predict`.
        kernels: Filters by name, (height, width), all of the same size.
        stride: Stride of the filters, (down, across).
        padding: Zeros around the picture, (rows, columns); None preserves its size at stride 1.

    Returns:
        A walk of three steps: image, convolution and ReLU. It has no classes, so nothing is predicted.

    Raises:
        PictureError: The picture cannot be read.
        SettingError: The filters differ in size, or the stride or padding is invalid.
        NetworkError: A filter is larger than the padded picture.
    """
    name = picture_name(picture, 1)
    model = _model(pixels_of(picture, name).shape[:2], [*kernels.values()], stride, padding)
    computed = compute(prepare_input(picture, model, name), model, step_engine(model))
    steps = computed.write(StepWriter(model, outputs=(), relevance=None, coarse=False))[:3]
    return Walk(
        model="",
        picture_name=name,
        network=model.notation,
        largest_difference=max(step.difference for step in steps),
        steps=[
            step.model_copy(update={"filter_names": [*kernels]})
            if isinstance(step, ConvolutionStep)
            else step
            for step in steps
        ],
    )


def _model(
    sides: tuple[int, ...],
    kernels: list[Array],
    stride: tuple[int, int],
    padding: tuple[int, int] | None,
) -> Model:
    scale = min(1.0, MAX_SIDE / max(sides))
    height, width = (max(1, round(side * scale)) for side in sides)
    rows, columns = kernels[0].shape
    if any(kernel.shape != (rows, columns) for kernel in kernels):
        raise SettingError("the filters must have the same number of rows and of columns")
    windows = Windows((rows, columns), stride, padding or ((rows - 1) // 2, (columns - 1) // 2))
    chain = build_chain([Convolution(len(kernels), windows)], (1, height, width), 2)
    weights = {name: np.zeros(shape, np.float32) for name, shape in chain.parameters.items()}
    weights["convolution_1.weight"] = np.array(kernels, np.float32)[:, np.newaxis]
    return Model(chain, ("", ""), Preparation(1, height, width), mean=(0.0,), std=(1.0,), weights=weights)
