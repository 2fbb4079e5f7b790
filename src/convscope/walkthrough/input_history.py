"""The input's history: the preprocessing of a picture, step by step, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.walkthrough.document import Change

if TYPE_CHECKING:
    from convscope.model.file import Model
    from convscope.pictures.preparation import Preparation
    from convscope.pictures.reading import Reading

_TURNS = {
    2: "mirrored left to right",
    3: "turned by 180°",
    4: "mirrored top to bottom",
    5: "mirrored along the diagonal from top left",
    6: "turned by 90° clockwise",
    7: "mirrored along the diagonal from top right",
    8: "turned by 90° anticlockwise",
}
_COLOURS = {1: "greyscale", 3: "colour"}


def input_history(reading: Reading, model: Model) -> list[Change]:
    """List the preprocessing steps of a picture.

    Args:
        reading: The picture as read.
        model: The model, whose preparation and normalisation follow.
    """
    height, width, channels = reading.pixels.shape
    preparation = model.preparation
    full = reading.full_size or (height, width)
    steps = [
        ("read", f"{_times(*full)} pixels, {_COLOURS[channels]}"),
        ("orientation", _turned(reading.orientation) if reading.orientation in _TURNS else ""),
        ("transparency", "transparent parts were put on white" if reading.has_transparency else ""),
        ("depth", "finer levels were rounded to 256" if reading.is_deep else ""),
        ("decoding", _decoded(height, width) if reading.full_size else ""),
        ("colour", _recoloured(preparation.channels) if channels != preparation.channels else ""),
        ("size", _resized(height, width, preparation) if (height, width) != preparation.shape[1:] else ""),
        ("normalisation", _normalised(model)),
    ]
    return [Change.model_validate({"step": step, "text": text}) for step, text in steps if text]


def _turned(orientation: int) -> str:
    return f"{_TURNS[orientation]}, as the camera noted in the file (EXIF)"


def _decoded(height: int, width: int) -> str:
    return (
        f"decoded at {_times(height, width)} pixels: the JPEG codec averages blocks of pixels as it decodes"
    )


def _recoloured(channels: int) -> str:
    if channels == 1:
        return "colour to grey: 0.299 red + 0.587 green + 0.114 blue"
    return "grey to colour: the one channel is repeated three times"


def _resized(height: int, width: int, to: Preparation) -> str:
    how = {
        "stretch": "height and width scaled independently",
        "pad": "proportions kept, the rest filled with black",
        "crop": "proportions kept, the rest cut off",
    }[to.fit]
    return f"{height} × {width} to {to.height} × {to.width} pixels: {how} (bilinear, antialiased)"


def _normalised(model: Model) -> str:
    mean, std = (", ".join(f"{number:.5g}" for number in numbers) for numbers in (model.mean, model.std))
    return f"(pixel − mean) / standard deviation for each channel: mean {mean}; standard deviation {std}"


def _times(height: int, width: int) -> str:
    return f"{height} × {width}"
