"""Pictures as people hand them over for prediction: paths, bytes, PIL images and arrays."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.common.printable import printable
from convscope.errors import PictureError
from convscope.pictures.reading import PIXEL_LIMIT, read_picture

Picture = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.uint8]
Pictures = Iterable[Picture]

_PNG_MODES = {"1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA"}


def is_one(pictures: Picture | Pictures) -> bool:
    """Tell one picture from several; the last of an array's three sides is channels if it is 1, 3 or 4.

    Example:
        >>> is_one("cat.jpg"), is_one(["cat.jpg"])
        (True, False)
        >>> is_one(np.zeros((28, 28, 3), np.uint8)), is_one(np.zeros((100, 28, 28), np.uint8))
        (True, False)
    """
    if isinstance(pictures, np.ndarray):
        # one with opacity is one, too, although it will be refused, and not as many as it has rows
        return _is_picture_shape(pictures.shape) or (pictures.ndim == 3 and pictures.shape[2] == 4)
    return isinstance(pictures, str | os.PathLike | bytes | Image.Image)


def several(pictures: Picture | Pictures) -> Pictures:
    """Give one picture as a list of one, and several as they are."""
    if isinstance(pictures, str | os.PathLike | bytes | Image.Image):
        return [pictures]
    if isinstance(pictures, np.ndarray) and is_one(pictures):
        return [pictures]
    return pictures


def name_of(picture: Picture, place: int) -> str:
    """A picture's path as it was given, or its place, counted from 1."""
    return os.fspath(picture) if isinstance(picture, str | os.PathLike) else f"picture {place}"


def pixels_of(
    picture: Picture, name: str, shortest_side: int | None = None, pixel_limit: int = PIXEL_LIMIT
) -> NDArray[np.uint8]:
    """Read a picture: uint8 (height, width) or (height, width, channels).

    Files and bytes are read as `read_picture` does it, with the same `shortest_side` and `pixel_limit`.

    Raises:
        PictureError: It cannot be read, or is an array of another kind.
    """
    match picture:
        case np.ndarray():
            return _checked(picture, name)
        case Image.Image():
            return read_picture(_encoded(picture, name), name)
        case bytes():
            return read_picture(picture, name, shortest_side, pixel_limit)
        case _:
            return read_picture(Path(picture), printable(name), shortest_side, pixel_limit)


def _is_picture_shape(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[2] in {1, 3})


def _checked(pixels: NDArray[Any], name: str) -> NDArray[np.uint8]:
    if pixels.dtype != np.uint8 or not pixels.size or not _is_picture_shape(pixels.shape):
        raise PictureError(
            f"cannot read {name}, an array of {pixels.dtype} {pixels.shape}",
            remedy="give uint8 values 0..255 of shape (height, width) or (height, width, 1 or 3)",
        )
    return pixels


def _encoded(image: Image.Image, name: str) -> bytes:
    """As the bytes of a file, without loss: so an image in memory is read in the one way all pictures are."""
    buffer = io.BytesIO()
    try:
        if image.mode == "F":
            image.save(buffer, "TIFF")
        else:
            plain = image if image.mode in _PNG_MODES else image.convert("RGB")
            plain.save(buffer, "PNG", compress_level=1, exif=image.getexif())
    except (OSError, ValueError) as error:
        raise PictureError(f"cannot read {name}", why=str(error)) from error
    return buffer.getvalue()
