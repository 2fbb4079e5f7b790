"""Image: from a pixel to a number around zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import image
from convscope.studio.lesson.exhibit import CHANNELS, Exhibit, Grid, Line, Place, around, line, pixel_map
from convscope.studio.lesson.question import Question, rounding

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material


def exhibit(material: Material, place: Place) -> Exhibit:
    """A pixel, and the number that the network gets for it."""
    height, width, channels = material.pixels.shape
    row, column = Place(place.row, place.column).inside((height, width), (height // 2, width // 2))
    names = CHANNELS[channels]
    return Exhibit(
        maps=[pixel_map(material.pixels, at=(row, column))],
        grids=[_pixels(material, name, channel, row, column) for channel, name in enumerate(names)],
        lines=[_line(material, name, channel, row, column) for channel, name in enumerate(names)],
    )


def questions(material: Material) -> tuple[Question, ...]:
    """What number a pixel becomes, and how many there are."""
    height, width, channels = material.pixels.shape
    normalised = material.steps[0].output[0]
    row, column = (int(n) for n in np.unravel_index(np.abs(normalised).argmax(), normalised.shape))
    found = _explain(material, 0, row, column)
    return (
        Question(
            "number",
            line(
                "The {} value of the pixel in row {}, column {} is {}. The training pictures have "
                "the mean {} and the standard deviation {}. Which number does the network get?",
                *(CHANNELS[channels][0], row, column, found.pixel, found.mean, found.std),
            ),
            found.result,
            (line("({} − {}) / {}", found.pixel, found.mean, found.std),),
            within=rounding(found.result, found.mean / found.std),
            slips={
                found.pixel - found.mean: "That still has to be divided by the standard deviation.",
                -found.result: "The mean is taken from the pixel, not the pixel from the mean.",
                found.pixel / 255: "That is a share of 255; here the training pictures are the measure.",
            },
        ),
        Question(
            "count",
            line(
                "The picture's shape is {} × {} × {} (channels × height × width). How many numbers does the "
                "network get?",
                *(channels, height, width),
            ),
            material.pixels.size,
            (line("{} × {} × {}", channels, height, width),),
            slips={height * width: "That is one channel; there are more."},
        ),
    )


def _explain(material: Material, channel: int, row: int, column: int) -> image.NormalisedPixel:
    model = material.model
    return image.explain(material.pixels, model.mean, model.std, channel=channel, row=row, column=column)


def _pixels(material: Material, name: str, channel: int, row: int, column: int) -> Grid:
    grid = around(f"pixels, {name}", "input", material.steps[0].input[:, :, channel], row, column)
    return grid.model_copy(update={"pixels": True})


def _line(material: Material, name: str, channel: int, row: int, column: int) -> Line:
    found = _explain(material, channel, row, column)
    return line("{}: ({} − {}) / {} = {}", name, found.pixel, found.mean, found.std, found.result)
