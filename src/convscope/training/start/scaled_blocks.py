"""Features scaled block by block for a logistic regression, whose weights are folded back afterwards.

A block is the features from one step of the backbone, such as the means of its maps. Each feature is centred,
and each block is divided by a single number, the root mean square of its centred features:

    scaled = (features - mean) * scale

It is more common to divide each feature by its own standard deviation. But then a feature that hardly varies
gets the same weight as any other, and with few pictures most such features are noise.
`docs/benchmarks/learned_features.md` shows the gain of one number per block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.training.start.logistic import Coefficients, find_spectrum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.training.start.logistic import Spectrum


class ScaledBlocks(NamedTuple):
    """Scaled features, in the coordinates in which a regression is fitted.

    Attributes:
        coordinates: (pictures, coordinates) float32: the scaled features or, if there are much fewer pictures
            than features, their coordinates in `basis`. A regression with an L2 penalty is the same in both,
            because its weights are linear combinations of pictures.
        spectrum: Spectrum of the coordinates.
        mean: (features,) float32.
        scale: (features,) float32.
        basis: (features, pictures) float32, orthonormal columns that span all pictures; None if not used.
    """

    coordinates: NDArray[np.float32]
    spectrum: Spectrum
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    basis: NDArray[np.float32] | None

    def zeros(self, classes: int) -> Coefficients:
        """Return coefficients of 0, to start from."""
        return Coefficients(
            np.zeros((self.coordinates.shape[1], classes), np.float32), np.zeros(classes, np.float32)
        )

    def fold(self, found: Coefficients) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Convert coefficients for the coordinates to weights (classes, features) and bias for features."""
        weight = found.weight if self.basis is None else self.basis @ found.weight
        weight = weight.T.astype(np.float64) * self.scale
        bias = found.bias - weight @ self.mean
        return weight.astype(np.float32), bias.astype(np.float32)


def scale_blocks(features: NDArray[np.float32], blocks: Sequence[slice]) -> ScaledBlocks:
    """Scale some blocks of features (pictures, features); the others are omitted.

    Example:
        The first block has a standard deviation of 1, the second of 8:

        >>> features = np.array([[1, 32], [3, 48]], np.float32)
        >>> scaled = scale_blocks(features, [slice(0, 1), slice(1, 2)])
        >>> scaled.mean.tolist(), scaled.scale.tolist()
        ([2.0, 40.0], [1.0, 0.125])
    """
    chosen = np.concatenate([features[:, block] for block in blocks], axis=1)
    mean = chosen.mean(axis=0, dtype=np.float64).astype(np.float32)
    scaled = chosen - mean
    scale = np.ones_like(mean)
    start = 0
    for block in blocks:
        width = block.stop - block.start
        size = np.sqrt(np.square(scaled[:, start : start + width]).mean(dtype=np.float64))
        if size > np.finfo(np.float32).tiny:  # otherwise all pictures are equal in this block
            scale[start : start + width] = 1 / size
        start += width
    scaled *= scale
    basis = None
    if 2 * len(scaled) < len(mean):
        basis, triangle = np.linalg.qr(scaled.T)
        scaled = np.ascontiguousarray(triangle.T)
    return ScaledBlocks(scaled, find_spectrum(scaled), mean, scale, basis)
