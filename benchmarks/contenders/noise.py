"""Pictures of noise: a step takes as long on them as on real pictures."""

from __future__ import annotations

import numpy as np

CLASSES = 10


def pictures_and_labels(shape: tuple[int, int, int], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Create float32 pictures (count, height, width, channels) and labels (count,)."""
    rng = np.random.default_rng(0)
    channels, height, width = shape
    pictures = rng.standard_normal((count, height, width, channels), np.float32)
    return pictures, rng.integers(0, CLASSES, count)
