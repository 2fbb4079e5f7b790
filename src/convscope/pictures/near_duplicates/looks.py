"""Compact descriptions of pictures, which fit into memory for all pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.preparation import Preparation, prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Picture

THUMBNAIL = Preparation(3, 32, 32)
SIDE = THUMBNAIL.height
_FIELDS = 4
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Luma weights of red, green and blue: ITU-R BT.601, as in Pillow."""


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Thumbnails and colours of n pictures.

    Attributes:
        thumbnails: uint8 (n, 32, 32), grey and stretched to a square.
        colours: uint8 (n, 4, 4, 3), red, green and blue of its sixteenths.
    """

    thumbnails: NDArray[np.uint8]
    colours: NDArray[np.uint8]

    @classmethod
    def of(cls, count: int) -> Looks:
        """Allocate the looks of some pictures, to be filled in."""
        thumbnails, colours = (count, SIDE, SIDE), (count, _FIELDS, _FIELDS, 3)
        return cls(np.zeros(thumbnails, np.uint8), np.zeros(colours, np.uint8))

    def __getitem__(self, indices: NDArray[np.integer] | NDArray[np.bool_]) -> Looks:
        return Looks(self.thumbnails[indices], self.colours[indices])

    def fill(self, index: int, pixels: Picture) -> None:
        """Store the looks of a picture, uint8 (H, W) or (H, W, C)."""
        channels = 3 if pixels.ndim == 3 and pixels.shape[2] > 2 else 1
        small = prepare(pixels, replace(THUMBNAIL, channels=channels))
        fields = small.reshape(_FIELDS, SIDE // _FIELDS, _FIELDS, SIDE // _FIELDS, channels)
        self.colours[index] = np.rint(fields.mean(axis=(1, 3), dtype=np.float32))
        self.thumbnails[index] = np.rint(small @ _LUMA) if channels == 3 else small[:, :, 0]
