"""A picture shifted to the right: the changes before and after pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, Field

from convscope.studio.lesson.exhibit import largest_at, shifted
from convscope.walkthrough.numpy_chain import forward

if TYPE_CHECKING:
    from convscope.steps.arrays import Array
    from convscope.studio.lesson.material import Material
    from convscope.walkthrough.numpy_chain import ComputedStep

_MOST_COLUMNS = 4
_KINDS = ("max_pooling", "average_pooling")


class Shift(BaseModel):
    """The picture, one map before and after pooling, and the change of all maps."""

    columns: int = Field(description="By how many the picture has moved.")
    picture: list[list[float]] = Field(description="Its first channel, 0 to 255.")
    before: list[list[float]]
    after: list[list[float]]
    changed_before: float = Field(
        description="Sum of all changes, as a share of the sum of the unmoved maps."
    )
    changed_after: float


class Shifts(BaseModel):
    """The shifts from 0 columns on."""

    map: int
    shifts: list[Shift]


def illustration(material: Material) -> Shifts:
    """Compute the first pooling of a picture shifted by 0 to 4 columns."""
    material, step = material.first(_KINDS)
    channel = largest_at(step.output)[0]
    return Shifts(
        map=channel, shifts=[_shift(material, step, channel, columns) for columns in range(_MOST_COLUMNS + 1)]
    )


def after_shift(material: Material, step: ComputedStep, columns: int) -> ComputedStep:
    """Compute a step for the picture shifted to the right."""
    pixels = np.moveaxis(material.pixels, 2, 0)
    moved = np.moveaxis(shifted(pixels, columns), 0, 2) if columns else material.pixels
    return next(one for one in forward(material.model, moved) if one.name == step.name)


def changed(new: Array, old: Array) -> float:
    """Return the sum of all changes, relative to the sum of the original values.

    Example:
        >>> changed(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
        2.0
    """
    return float(np.abs(new - old).sum() / np.abs(old).sum())


def _shift(material: Material, step: ComputedStep, channel: int, columns: int) -> Shift:
    moved = after_shift(material, step, columns)
    picture = material.pixels[:, :, 0]
    return Shift(
        columns=columns,
        picture=(shifted(picture, columns) if columns else picture).tolist(),
        before=moved.input[channel].round(5).tolist(),
        after=moved.output[channel].round(5).tolist(),
        changed_before=changed(moved.input, step.input),
        changed_after=changed(moved.output, step.output),
    )
