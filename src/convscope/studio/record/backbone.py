"""The installed backbone's features of single pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.model.features import FeatureExtractor
from convscope.network.backbones import INSTALLED
from convscope.pictures.preparation import prepare
from convscope.pictures.reading import read_picture
from convscope.training.start.backbone import load_backbone

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MOST_PIXELS = 50_000_000


class Backbone:
    """The backbone, ready to compute the features of single pictures; thread-safe.

    Raises:
        ModelFileError: Its weights are missing or damaged.
    """

    def __init__(self) -> None:
        found = load_backbone(INSTALLED)
        known, self._preparation = found.design, found.preparation
        self._extractor = FeatureExtractor(known.chain(known.shape), known.mean, known.std, found.weights)

    def features(self, picture: bytes | Path, name: str) -> NDArray[np.float32]:
        """Return the means of the last maps, (1280,).

        Args:
            picture: The picture's file: its bytes or its path.
            name: Name for the error message.

        Raises:
            PictureError: The picture cannot be read.
        """
        wanted = self._preparation
        pixels = prepare(read_picture(picture, name, wanted.shortest_side, _MOST_PIXELS), wanted)
        ((_, features),) = self._extractor.compute(pixels[np.newaxis], np.array([0]))
        return features[0]
