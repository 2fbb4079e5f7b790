"""Image: from pixels to normalised numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import image
from convscope.studio.lesson.exhibit import CHANNELS, Stop, largest_at, line, shifted
from convscope.studio.lesson.question import Question, rounding
from convscope.walkthrough.numpy_chain import forward

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_SHADE = 100
"""Approximate brightness of the pixel in a question: neither black nor white."""
_MANY = 5.0
"""Tolerance in per cent."""


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the pixel with the largest number."""
    step = material.steps[0]
    return material, [Stop(step=step.name, place=[*largest_at(step.output)])]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a normalised value, the number of values, and the effects of a shift and of a negative."""
    height, width, channels = material.pixels.shape
    row, column = largest_at(-np.abs(material.pixels[:, :, 0].astype(float) - _SHADE))
    explained = _explain(material, 0, row, column)
    return (
        Question(
            "number",
            line(
                "The {} value of the pixel at row {}, column {} is {}. The network does not read it as it "
                "is: {} is subtracted and the result divided by {}, so that the numbers of all pictures have "
                "about the same range. What does it read?",
                *(CHANNELS[channels][0], row, column, explained.pixel, explained.mean, explained.std),
            ),
            explained.result,
            (line("({} − {}) / {}", explained.pixel, explained.mean, explained.std),),
            within=rounding(explained.result, explained.mean / explained.std),
            is_hidden=True,
            slips={
                explained.pixel - explained.mean: "You still have to divide.",
                -explained.result: "Subtract the mean from the pixel, not the pixel from the mean.",
            },
        ),
        Question(
            "count",
            line(
                "A grey picture has one channel, a colour picture three: red, green and blue. This one has "
                "the shape {} × {} × {} (channels × height × width). How many numbers is the network given?",
                *(channels, height, width),
            ),
            material.pixels.size,
            (line("{} × {} × {}", channels, height, width),),
            slips={height * width: "That is one channel only."},
        ),
        _moved(material),
        _negative(material),
    )


def _moved(material: Material) -> Question:
    """Ask how many numbers change when the picture is shifted by one pixel."""
    pixels = np.moveaxis(material.pixels, 2, 0)
    differ = shifted(pixels) != pixels
    changed = 100 * float(differ.mean())
    return Question(
        "moved",
        line(
            "Move the whole picture one pixel to the right. To us it stays the same. How many of the numbers "
            "at the input change?"
        ),
        1 + int(changed > _MANY),
        (line("{} of {} numbers differ: {} %", int(differ.sum()), pixels.size, changed),),
        options=("none: it is the same picture", "some, but fewer than 5 %", "5 % or more"),
    )


def _negative(material: Material) -> Question:
    """Ask whether the network predicts the same for black on white as for white on black."""
    negative = forward(material.model, 255 - material.pixels)[-1].output
    before, after = (int(shares.argmax()) for shares in (material.probabilities, negative))
    classes = material.model.classes
    return Question(
        "negative",
        line(
            "Every pixel x becomes 255 − x, so that black and white change places. Is the network's answer "
            "still the same?"
        ),
        int(after != before),
        (
            line("before: {}, probability {}", classes[before], float(material.probabilities[before])),
            line("after: {}, probability {}", classes[after], float(negative[after])),
            line(
                "Nothing in its training made sure of this: a network knows only numbers like those it has "
                "seen."
            ),
        ),
        options=("yes", "no"),
    )


def _explain(material: Material, channel: int, row: int, column: int) -> image.NormalisedPixel:
    model = material.model
    return image.explain(material.pixels, model.mean, model.std, channel=channel, row=row, column=column)
