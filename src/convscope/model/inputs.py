"""Inputs of `predict`: paths, bytes, open files, PIL images, arrays and tensors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from convscope.common.printable import printable
from convscope.errors import PictureError
from convscope.pictures.pillow_warnings import pillow_warnings_ignored
from convscope.pictures.reading import (
    BYTE_LIMIT,
    FORMATS,
    PIXEL_LIMIT,
    Reading,
    check_size,
    orientation_of,
    read,
    reading_of,
    unreadable,
)
from convscope.pictures.value_range import RangeError, to_bytes

Picture = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image | NDArray[Any]
Pictures = Iterable[Picture]

_TAKEN = "a path, bytes, an open file, a PIL image or an array (height, width[, 1 or 3])"


def is_single(pictures: Picture | Pictures) -> bool:
    """Whether it is one picture; the last of three axes of an array is channels if its size is 1 to 4.

    Example:
        >>> is_single("cat.jpg"), is_single(["cat.jpg"])
        (True, False)
        >>> is_single(np.zeros((28, 28, 3), np.uint8)), is_single(np.zeros((100, 28, 28), np.uint8))
        (True, False)
    """
    if isinstance(pictures, np.ndarray) or _is_tensor(pictures):
        shape = _channels_last(pictures).shape
        return len(shape) <= 2 or (len(shape) == 3 and shape[2] in {1, 2, 3, 4})
    return isinstance(pictures, str | os.PathLike | bytes | bytearray | memoryview | Image.Image) or hasattr(
        pictures, "read"
    )


def as_many(pictures: Picture | Pictures) -> Pictures:
    """Return a single picture as a list, and several pictures unchanged.

    Raises:
        PictureError: It is neither a picture nor a collection of pictures.
    """
    if is_single(pictures):
        return [pictures]  # pyright: ignore[reportReturnType]
    if _is_tensor(pictures):
        return _channels_last(pictures)
    if not isinstance(pictures, Iterable):
        raise PictureError(f"cannot read a picture from {type(pictures).__name__}", remedy=f"give {_TAKEN}")
    return pictures  # pyright: ignore[reportReturnType]


def picture_name(picture: Picture, number: int) -> str:
    """Return a picture's path as given, or its number, counted from 1."""
    return os.fspath(picture) if isinstance(picture, str | os.PathLike) else f"picture {number}"


def pixels_of(picture: Picture, name: str, shortest_side: int | None = None) -> NDArray[np.uint8]:
    """Read the pixels of a picture; same arguments and errors as `read_input`."""
    return read_input(picture, name, shortest_side).pixels


def read_input(
    picture: Picture, name: str, shortest_side: int | None = None, pixel_limit: int = PIXEL_LIMIT
) -> Reading:
    """Read a picture in any supported form.

    Paths, bytes, open files and PIL images that are not loaded yet are read like files (`reading.read`).
    Other PIL images and arrays are assumed to be upright; arrays are red, green, blue. Their values are
    scaled to 0..255, like those of files.

    Args:
        picture: One picture.
        name: What to call it in errors.
        shortest_side: See `reading.read`; it has no effect on pixels in memory.
        pixel_limit: Largest number of pixels allowed.

    Raises:
        PictureError: It cannot be read, or has an unsupported type or shape.
    """
    name = printable(name)
    match picture:
        case str() | os.PathLike():
            return read(Path(picture), name, shortest_side, pixel_limit)
        case Image.Image():
            encoded = _file_of(picture)
            if encoded is None:
                return _image(picture, name, pixel_limit)
        case bytes() | bytearray() | memoryview():
            encoded = bytes(picture)
        case _ if isinstance(picture, np.ndarray) or _is_tensor(picture):
            return _array(_channels_last(picture), name)
        case _:
            encoded = _content(picture, name)
    return read(encoded, name, shortest_side, pixel_limit)


def _file_of(image: Image.Image) -> bytes | None:
    """Return the encoded bytes of an image that was opened from a file and not yet loaded or changed."""
    if not isinstance(image, ImageFile.ImageFile) or not image.tile or image.fp is None or image.tell():
        return None
    if getattr(image, "decoderconfig", ()) or image.format not in {*FORMATS, "MPO"}:
        return None
    file = image.fp
    try:
        before = file.tell()
        file.seek(0)
        encoded = file.read(BYTE_LIMIT + 1)
        file.seek(before)
    except (OSError, ValueError):
        return None
    return encoded if len(encoded) <= BYTE_LIMIT else None


def _image(image: Image.Image, name: str, pixel_limit: int) -> Reading:
    check_size(image, name, pixel_limit)
    is_file = isinstance(image, ImageFile.ImageFile)
    orientation = orientation_of(image)
    if not is_file and orientation not in {0, 1}:
        raise PictureError(
            f"cannot tell which way up {name} is",
            why=f"its EXIF still has orientation {orientation}, and the image may have been turned already",
            remedy="image = PIL.ImageOps.exif_transpose(PIL.Image.open(path)), or give the path",
        )
    try:
        with pillow_warnings_ignored:
            image.load()
            return reading_of(image, name, upright=is_file)
    except PictureError:
        raise
    except Exception as error:
        raise unreadable(name, str(error) or type(error).__name__) from error


def _array(values: NDArray[Any], name: str) -> Reading:
    if values.ndim not in {2, 3} or not values.size or (values.ndim == 3 and values.shape[2] not in {1, 3}):
        raise PictureError(
            f"cannot read {name}, an array of {values.dtype} {values.shape}",
            remedy="give (height, width) or (height, width, 1 or 3), without an alpha channel",
        )
    try:
        pixels, guess = to_bytes(values)
        return Reading(pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis], guess)
    except RangeError as error:
        raise PictureError(
            f"cannot read {name}, an array of {values.dtype} {values.shape}",
            why=str(error),
            remedy="scale it to 0..255: (255 * (x - x.min()) / (x.max() - x.min())).astype('uint8')",
        ) from error


def _content(file: Any, name: str) -> bytes:  # noqa: ANN401  # anything
    if not hasattr(file, "read"):
        raise PictureError(f"cannot read {name}, of type {type(file).__name__}", remedy=f"give {_TAKEN}")
    try:
        if file.seekable():
            file.seek(0)
        content = file.read(BYTE_LIMIT + 1)
    except Exception as error:
        raise unreadable(name, str(error) or type(error).__name__) from error
    if not isinstance(content, bytes):
        raise unreadable(name, "the file is opened as text", "open it in mode 'rb'")
    if len(content) > BYTE_LIMIT:
        raise unreadable(name, f"it has more than {BYTE_LIMIT:,} bytes")
    return content


def _is_tensor(value: object) -> bool:
    """Whether it is a PyTorch tensor, without importing PyTorch."""
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")


def _channels_last(pictures: Any) -> NDArray[Any]:  # noqa: ANN401  # an array or a tensor
    """Return an array unchanged, and a tensor ([N,] channels, height, width) with channels last."""
    if isinstance(pictures, np.ndarray):
        return pictures
    values = np.asarray(pictures.detach().cpu())
    channels_first = values.ndim in {3, 4} and values.shape[-3] in {1, 2, 3, 4}
    return np.moveaxis(values, -3, -1) if channels_first else values
