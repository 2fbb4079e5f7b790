"""Every picture of a source, decoded once; what is kept of each is small, however large the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.decoding import DIGEST_SIZE, Decoded, decode
from convscope.pictures.preparation import Preparation, prepare
from convscope.pictures.reading import picture_size
from convscope.pictures.survey import is_grey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from convscope.errors import PictureError
    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources.source import Source

THUMBNAIL_SIDE = 32
_THUMBNAIL = Preparation(1, THUMBNAIL_SIDE, THUMBNAIL_SIDE)


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What was seen of n pictures; of one that cannot be read only why, and zeros everywhere else.

    Attributes:
        sizes: int64 (n, 2), height and width in pixels.
        grey: (n,) whether it shows no colour.
        constant: (n,) whether all its pixels are equal.
        digests: uint8 (n, 16), equal where pictures are equal byte by byte.
        thumbnails: uint8 (n, 32, 32), grey and stretched to a square.
        broken: Why a picture cannot be read, by its place.
    """

    sizes: NDArray[np.int64]
    grey: NDArray[np.bool_]
    constant: NDArray[np.bool_]
    digests: NDArray[np.uint8]
    thumbnails: NDArray[np.uint8]
    broken: Mapping[int, str]

    @property
    def readable(self) -> NDArray[np.int64]:
        """Places of the pictures that can be read, ascending."""
        return np.flatnonzero(self.sizes[:, 0])


def examine(source: Source, progress: Progress = lambda _done, _total: None) -> Examination:
    """Decode all pictures of a source and keep the little that is asked of them.

    Args:
        source: Where they come from.
        progress: Called with (pictures done, pictures in all) about ten times a second.

    Raises:
        DataError: The source itself, an archive say, cannot be read.

    Example:
        >>> from convscope.pictures.sources import open_source
        >>> pictures = np.stack([np.zeros((4, 6), np.uint8), np.arange(24, dtype=np.uint8).reshape(4, 6)])
        >>> seen = examine(open_source((pictures, ["a", "b"])))
        >>> seen.sizes.tolist(), seen.constant.tolist(), seen.grey.tolist()
        ([[4, 6], [4, 6]], [True, False], [True, True])
    """
    total = len(source.items)
    seen = Examination(
        sizes=np.zeros((total, 2), np.int64),
        grey=np.zeros(total, np.bool_),
        constant=np.zeros(total, np.bool_),
        digests=np.zeros((total, DIGEST_SIZE), np.uint8),
        thumbnails=np.zeros((total, THUMBNAIL_SIDE, THUMBNAIL_SIDE), np.uint8),
        broken=(broken := dict[int, str]()),
    )

    def take(decoded: Decoded) -> None:
        pixels, place = decoded.pixels, decoded.index
        loaded = decoded.loaded
        seen.sizes[place] = picture_size(loaded) if isinstance(loaded, bytes) else pixels.shape[:2]
        seen.grey[place] = is_grey(pixels)
        seen.constant[place] = bool((pixels == pixels[:1, :1]).all())
        seen.digests[place] = np.frombuffer(decoded.digest, np.uint8)
        seen.thumbnails[place] = prepare(pixels, _THUMBNAIL)[:, :, 0]

    def refuse(place: int, error: PictureError) -> None:
        broken[place] = error.why

    def tick() -> None:
        progress(len(seen.readable) + len(broken), total)

    decode(source, range(total), take, refuse, tick, shortest_side=_THUMBNAIL.shortest_side)
    return seen
