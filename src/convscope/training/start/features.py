"""The features of a backbone: the means of its maps, computed once per picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from convscope.model.cached_features import FeatureNetwork, cached_features
from convscope.pictures.decoding import Progress, no_progress

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.store import Store
    from convscope.training.start.backbone import Backbone

LAST = "last"
"""Name of the features that every head reads: the means of the last maps."""


class Features(NamedTuple):
    """The features of some pictures.

    Attributes:
        values: (pictures, features) float32.
        blocks: The columns of each block's means, by the index of the block, and `LAST`.
        problem: Why they could not be cached; empty if they were.
    """

    values: NDArray[np.float32]
    blocks: dict[str, slice]
    problem: str


def features_of(
    store: Store,
    indices: NDArray[np.int64],
    backbone: Backbone,
    progress: Progress = no_progress,
    *,
    threads: int | None = None,
    folder: Path | None = None,
) -> Features:
    """Compute the means of all maps that a head may read, or find them in the cache.

    Args:
        store: Pictures, prepared for the backbone.
        indices: (n,) indices of the pictures.
        backbone: The network.
        progress: See `cached_features`.
        threads: See `cached_features`.
        folder: See `cached_features`.

    Raises:
        StoreError: The store's file was truncated in the meantime.
    """
    known = backbone.design
    chain = known.chain(store.preparation.shape, backbone.joinable)
    network = FeatureNetwork(known.name, chain, known.mean, known.std, backbone.weights)
    values, problem = cached_features(store, indices, network, progress, threads=threads, folder=folder)
    blocks = dict(zip([*map(str, backbone.joinable), LAST], network.columns, strict=True))
    return Features(values, blocks, problem)
