"""Image: from pixels to normalised numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import image
from convscope.studio.lesson.exhibit import CHANNELS, Stop, largest_at, line, stop_at_middle
from convscope.studio.lesson.question import Question, rounding

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the pixel in the middle."""
    return material, [stop_at_middle(material.steps[0])]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a normalised value, and the number of values."""
    height, width, channels = material.pixels.shape
    normalised = material.steps[0].output[0]
    row, column = largest_at(np.abs(normalised))
    explained = _explain(material, 0, row, column)
    return (
        Question(
            "number",
            line(
                "The {} value of the pixel at row {}, column {} is {}. Over all training pictures, the mean "
                "is {} and the standard deviation is {}. What is the normalised value?",
                *(CHANNELS[channels][0], row, column, explained.pixel, explained.mean, explained.std),
            ),
            explained.result,
            (line("({} − {}) / {}", explained.pixel, explained.mean, explained.std),),
            within=rounding(explained.result, explained.mean / explained.std),
            slips={
                explained.pixel - explained.mean: "You still have to divide by the standard deviation.",
                -explained.result: "Subtract the mean from the pixel, not the pixel from the mean.",
                explained.pixel
                / 255: "That is a fraction of 255. Here, the training pictures set the scale.",
            },
        ),
        Question(
            "count",
            line(
                "The picture has the shape {} × {} × {} (channels × height × width). How many numbers is "
                "the network given?",
                *(channels, height, width),
            ),
            material.pixels.size,
            (line("{} × {} × {}", channels, height, width),),
            slips={height * width: "That is one channel only."},
        ),
    )


def _explain(material: Material, channel: int, row: int, column: int) -> image.NormalisedPixel:
    model = material.model
    return image.explain(material.pixels, model.mean, model.std, channel=channel, row=row, column=column)
