"""What was done to a picture before the network saw it, in order and in words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from convscope.pictures.pillow_warnings import pillow_warnings_ignored
from convscope.pictures.reading import open_image, orientation_of
from convscope.walkthrough.document import Change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.inputs import Picture
    from convscope.pictures.preparation import Preparation

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


def input_history(
    picture: Picture, original: NDArray[np.uint8], decoded: NDArray[np.uint8], model: Model
) -> list[Change]:
    """List what was done to a picture before the network saw it.

    Args:
        picture: As it was given; it could be read.
        original: What it holds, upright, in full size: (height, width) or (height, width, channels).
        decoded: The same as the network's preparation got it; a large JPEG is decoded at a part of its size.
        model: Whose preparation and normalisation follow.
    """
    channels = original.shape[2] if original.ndim == 3 else 1
    height, width = decoded.shape[:2]
    history = [Change(step="read", text=f"{_times(original)} pixels, {_COLOURS[channels]}")]
    history += _while_reading(picture)
    if decoded.shape[:2] != original.shape[:2]:
        text = f"decoded at {_times(decoded)} pixels: the JPEG codec averages blocks of pixels as it decodes"
        history.append(Change(step="decoding", text=text))
    if channels != model.preparation.channels:
        history.append(Change(step="colour", text=_recoloured(model.preparation.channels)))
    if (height, width) != (model.preparation.height, model.preparation.width):
        history.append(Change(step="size", text=_resized(height, width, model.preparation)))
    history.append(Change(step="normalisation", text=_normalised(model)))
    return history


def _while_reading(picture: Picture) -> list[Change]:
    """What `pictures.reading` did to a file; an array was only taken as it is."""
    match picture:
        case bytes():
            encoded = picture
        case str() | os.PathLike():
            encoded = Path(picture).read_bytes()
        case Image.Image():
            return _of_image(picture)
        case _:
            return []
    with pillow_warnings_ignored, open_image(encoded) as image:
        return _of_image(image)


def _of_image(image: Image.Image) -> list[Change]:
    history: list[Change] = []
    turn = _TURNS.get(orientation_of(image))
    if turn:
        history.append(Change(step="orientation", text=f"{turn}, as the camera noted in the file (EXIF)"))
    if image.has_transparency_data:
        history.append(Change(step="transparency", text="transparent parts were put on white"))
    if image.mode == "F" or image.mode.startswith("I"):
        history.append(Change(step="depth", text="finer levels of grey were rounded to 256"))
    return history


def _recoloured(channels: int) -> str:
    if channels == 1:
        return "colour to grey: 0.299 red + 0.587 green + 0.114 blue"
    return "grey to colour: the one channel is repeated three times"


def _resized(height: int, width: int, to: Preparation) -> str:
    how = {
        "stretch": "height and width scaled independently",
        "pad": "proportions kept, the rest filled with black",
        "crop": "proportions kept, the overhanging part cut off",
    }[to.fit]
    return f"{height} × {width} to {to.height} × {to.width} pixels: {how} (bilinear, antialiased)"


def _normalised(model: Model) -> str:
    mean, std = (", ".join(f"{number:.5g}" for number in numbers) for numbers in (model.mean, model.std))
    return f"(pixel − mean) / standard deviation for each channel: mean {mean}; standard deviation {std}"


def _times(pixels: NDArray[np.uint8]) -> str:
    return f"{pixels.shape[0]} × {pixels.shape[1]}"
