"""Pictures that come with convscope's dependencies."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.pictures.sources.arrays import ArraySource, open_arrays


def open_digits() -> ArraySource:
    """Open scikit-learn's 1,797 handwritten digits: 8x8, greyscale.

    Their values 0..16 are scaled to 0..255.

    Source: https://archive.ics.uci.edu/dataset/80 (the test part of it).
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415 - slow to import, and only this source needs it

    digits: Any = load_digits()
    pixels = np.rint(digits["images"] * (255 / 16)).astype(np.uint8)
    return open_arrays(pixels, digits["target"], name="digits")
