"""Decode every picture of a source once, and keep a little of each, however large it is."""

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
    """What n pictures are like; of one that cannot be read only why, and zeros everywhere else.

    Attributes:
        sizes: int64 (n, 2), height and width in pixels.
        grey: (n,) whether it shows no colour.
        constant: (n,) whether all its pixels are equal.
        digests: uint8 (n, 16), equal where pictures are equal byte by byte.
        looks: How it looks.
        frames: int64 (n,), how many frames or pages it has.
        for_print: (n,) whether its colours are cyan, magenta, yellow and black.
        lost_data: (n,) whether zeros stand where a JPEG's pixels were.
        flat_end: (n,) whether a JPEG's lower part is one flat colour, as where the file's end is missing.
        broken: Why a picture cannot be read, by its index.
        guesses: How the range of a picture's values was guessed, by its index.
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
        """Indices of the pictures that can be read, ascending."""
        return np.flatnonzero(self.sizes[:, 0])


def examine(source: Source, progress: Progress = no_progress) -> Examination:
    """Decode all pictures of a source and note what they are like.

    Args:
        source: Where they come from.
        progress: Called with (pictures done, pictures in all) about ten times a second.

    Raises:
        DataError: The source itself, an archive say, cannot be read.

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
    """Whether a picture's colours are those of a printer: cyan, magenta, yellow and black."""
    with pillow_warnings_ignored, open_image(encoded) as image:
        return image.mode == "CMYK"


def has_flat_end(pixels: NDArray[np.uint8]) -> bool:
    """Whether the lower part of a picture is one colour, and neither black nor white nor that of its top.

    What is missing at the end of a JPEG is filled with the last colour.

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
