"""Decode every picture of a source once, and record its properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.doctor.jpeg_damage import has_lost_data
from convscope.pictures.decoding import DIGEST_SIZE, Decoded, decode, no_progress
from convscope.pictures.near_duplicates.looks import THUMBNAIL, Looks
from convscope.pictures.pillow_warnings import pillow_warnings_ignored
from convscope.pictures.reading import frame_count, open_image, picture_size
from convscope.pictures.survey import is_grey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from convscope.errors import PictureError
    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources.source import Source

_JPEG = b"\xff\xd8"
_INK, _LEAST_ROWS, _LEAST_SHARE = 8, 8, 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """Properties of n pictures; for an unreadable one only the reason, and zeros otherwise.

    Attributes:
        sizes: int64 (n, 2), height and width in pixels.
        grey: (n,) whether it shows no colour.
        constant: (n,) whether all its pixels are equal.
        digests: uint8 (n, 16), equal for identical files.
        looks: The looks of the pictures.
        frames: int64 (n,), number of frames or pages.
        for_print: (n,) whether its colours are cyan, magenta, yellow and black.
        lost_data: (n,) whether part of a JPEG's data was replaced by zeros.
        flat_end: (n,) whether a JPEG's lower part has a single colour, as if the end of the file were
            missing.
        broken: Why a picture is unreadable, by index.
        guesses: How the value range of a picture was guessed, by index.
    """

    sizes: NDArray[np.int64]
    grey: NDArray[np.bool_]
    constant: NDArray[np.bool_]
    digests: NDArray[np.uint8]
    looks: Looks
    frames: NDArray[np.int64]
    for_print: NDArray[np.bool_]
    lost_data: NDArray[np.bool_]
    flat_end: NDArray[np.bool_]
    broken: Mapping[int, str]
    guesses: Mapping[int, str]

    @property
    def readable(self) -> NDArray[np.int64]:
        """Indices of the readable pictures, ascending."""
        return np.flatnonzero(self.sizes[:, 0])


def examine(source: Source, progress: Progress = no_progress) -> Examination:
    """Decode all pictures of a source and record their properties.

    Args:
        source: The source of the pictures.
        progress: Called with (pictures done, pictures in all) about ten times a second.

    Raises:
        DataError: The source itself, such as an archive, cannot be read.

    Example:
        >>> from convscope.pictures.sources import open_source
        >>> pictures = np.stack([np.zeros((4, 6), np.uint8), np.arange(24, dtype=np.uint8).reshape(4, 6)])
        >>> examination = examine(open_source((pictures, ["a", "b"])))
        >>> examination.sizes.tolist(), examination.constant.tolist(), examination.grey.tolist()
        ([[4, 6], [4, 6]], [True, False], [True, True])
    """
    total = len(source.items)
    examination = Examination(
        sizes=np.zeros((total, 2), np.int64),
        grey=np.zeros(total, np.bool_),
        constant=np.zeros(total, np.bool_),
        digests=np.zeros((total, DIGEST_SIZE), np.uint8),
        looks=Looks.of(total),
        frames=np.ones(total, np.int64),
        for_print=np.zeros(total, np.bool_),
        lost_data=np.zeros(total, np.bool_),
        flat_end=np.zeros(total, np.bool_),
        broken=(broken := dict[int, str]()),
        guesses=(guesses := dict[int, str]()),
    )

    def take(decoded: Decoded) -> None:
        pixels, index, encoded = decoded.pixels, decoded.index, decoded.loaded
        if isinstance(encoded, bytes):
            examination.sizes[index] = picture_size(encoded)
            examination.frames[index] = frame_count(encoded)
            examination.for_print[index] = is_for_print(encoded)
            examination.lost_data[index] = has_lost_data(encoded)
            examination.flat_end[index] = encoded.startswith(_JPEG) and has_flat_end(pixels)
        else:
            examination.sizes[index] = pixels.shape[:2]
        examination.grey[index] = is_grey(pixels)
        examination.digests[index] = np.frombuffer(decoded.digest, np.uint8)
        examination.looks.fill(index, pixels)
        examination.constant[index] = bool((pixels == pixels[:1, :1]).all())
        if decoded.guess:
            guesses[index] = decoded.guess

    def refuse(index: int, error: PictureError) -> None:
        broken[index] = error.why

    def tick() -> None:
        progress(len(examination.readable) + len(broken), total)

    decode(source, range(total), take, refuse, tick, shortest_side=THUMBNAIL.shortest_side)
    return examination


def is_for_print(encoded: bytes) -> bool:
    """Whether a picture has printing colours: cyan, magenta, yellow and black."""
    with pillow_warnings_ignored, open_image(encoded) as image:
        return image.mode == "CMYK"


def has_flat_end(pixels: NDArray[np.uint8]) -> bool:
    """Whether the lower part of a picture has one colour, other than black, white and the colour at its top.

    Decoders fill the missing end of a JPEG with the last colour.

    Example:
        >>> picture = np.arange(40 * 20, dtype=np.uint8).reshape(40, 20, 1)
        >>> has_flat_end(picture), has_flat_end(np.where(np.arange(40)[:, None, None] < 20, picture, 90))
        (False, True)
    """
    colour = pixels[-1, -1]
    flat = (pixels == colour).all(axis=(1, 2))
    rows = len(flat) if flat.all() else int(np.argmin(flat[::-1]))
    is_paper = int(colour.max()) <= _INK or int(colour.min()) >= 255 - _INK
    return bool(not is_paper and not flat[0] and rows >= max(_LEAST_ROWS, len(flat) * _LEAST_SHARE))
