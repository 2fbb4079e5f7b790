"""Survey a sample of a source, to choose the input size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import DataError, PictureError
from convscope.pictures.classes import check_target
from convscope.pictures.decoding import Decoded, decode
from convscope.pictures.target import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Picture, Source

SAMPLE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """Properties of an evenly spread sample of the pictures.

    Attributes:
        heights: Height of each sampled picture, in pixels.
        widths: Width of each sampled picture, in pixels.
        grey: Whether all of them are grey.
    """

    heights: NDArray[np.int64]
    widths: NDArray[np.int64]
    grey: bool

    @property
    def same_size(self) -> bool:
        """Whether all sampled pictures have the same size."""
        return len(set(zip(self.heights.tolist(), self.widths.tolist(), strict=True))) == 1

    @property
    def median_height(self) -> int:
        """The median height in pixels."""
        return int(np.median(self.heights))

    @property
    def median_width(self) -> int:
        """The median width in pixels."""
        return int(np.median(self.widths))


def survey(source: Source) -> Survey:
    """Decode up to 256 pictures, evenly spread over the source.

    Raises:
        DataError: If none of them can be read, or the classes of the source are unsuitable for training.

    Example:
        >>> from convscope.pictures.sources import open_source
        >>> seen = survey(open_source("digits"))
        >>> seen.median_height, seen.median_width, seen.same_size, seen.grey
        (8, 8, True, True)
    """
    check_target(*encode(source.items), [item.part for item in source.items])
    total = len(source.items)
    indices = np.unique(np.linspace(0, total - 1, min(SAMPLE, total)).round().astype(int)).tolist()
    seen: dict[int, tuple[int, int, bool]] = {}
    broken: dict[int, PictureError] = {}

    def look(decoded: Decoded) -> None:
        height, width = decoded.pixels.shape[:2]
        seen[decoded.index] = (height, width, is_grey(decoded.pixels))

    decode(source, indices, look, broken.__setitem__)
    if not seen:
        first = min(broken)
        raise DataError(
            f"none of {len(indices):,} pictures of {source.name} can be read",
            why=f"the first is {source.items[first].name}: {broken[first].why}",
        )
    heights, widths, greys = zip(*(seen[index] for index in sorted(seen)), strict=True)
    return Survey(np.array(heights), np.array(widths), all(greys))


def is_grey(pixels: Picture) -> bool:
    """Whether a picture is grey: it has one channel, or three equal ones."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return True
    return bool((pixels == pixels[:, :, :1]).all())
