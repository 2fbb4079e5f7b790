"""What a backbone sees in pictures: the means of its maps, computed once for every picture."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.common.cache_folder import cache_folder
from convscope.common.processors import processor_count
from convscope.model.features import RUNTIME, FeatureExtractor
from convscope.network.chain_builder import parse_chain
from convscope.pictures.decoding import TICK_SECONDS, Progress, no_progress
from convscope.training.start.feature_cache import FeatureCache

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.network.chain import Chain
    from convscope.pictures.store import Store
    from convscope.training.start.backbone import Backbone
    from convscope.training.start.feature_cache import Row

_FORMAT = 1
_DIGEST_SIZE = 16
_SECONDS_BETWEEN_WRITES = 2.0
"""A killed process loses at most this much work."""
LAST = "last"
"""The name of the features that every head reads: the means of the last maps."""


class Features(NamedTuple):
    """The features of some pictures.

    Attributes:
        values: (pictures, features) float32.
        blocks: Which columns are the means of which maps: by the number of the block, and `LAST`.
        problem: Why they could not be kept for the next time; empty if they were.
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

    Equal pictures are computed once. What has been computed is kept every two seconds and when a person
    interrupts, so that the same call continues there.

    Args:
        store: Pictures, prepared for the backbone.
        indices: (n,) of those to take.
        backbone: The network.
        progress: Called with (pictures done, pictures in all) about ten times a second.
        threads: How many compute; None means one for each processor that this process may use.
        folder: Where features are kept; by default in the user's cache folder.

    Raises:
        StoreError: The store's file was truncated meanwhile.
    """
    chain = parse_chain(backbone.design.notation(backbone.joinable), store.preparation.shape, classes=2)
    values = np.empty((len(indices), *chain.features.shape), np.float32)
    path = (folder or cache_folder() / "features") / _file_name(backbone, chain)
    cache = FeatureCache(path, values.shape[1])
    threads = threads or processor_count()
    positions: dict[bytes, list[int]] = {}
    for position, digest in enumerate(_digests(store.pictures, indices, threads)):
        positions.setdefault(digest, []).append(position)
    wanted = {digest: int(indices[first]) for digest, (first, *_) in positions.items()}
    done, told = 0, time.monotonic()
    extractor = partial(
        FeatureExtractor, chain, backbone.design.mean, backbone.design.std, backbone.weights, threads
    )
    with closing(_rows(cache, extractor, store.pictures, wanted)) as rows:
        for digest, features in rows:
            values[positions[digest]] = features
            done += len(positions[digest])
            if time.monotonic() - told >= TICK_SECONDS:
                progress(done, len(indices))
                told = time.monotonic()
    store.check_whole()
    progress(done, len(indices))
    return Features(values, _columns(backbone, chain), cache.problem)


def _rows(
    cache: FeatureCache,
    extractor: Callable[[], FeatureExtractor],
    pictures: NDArray[np.uint8],
    wanted: dict[bytes, int],
) -> Generator[Row]:
    """Yield the digests and features of `wanted` indices, from the cache or computed and kept there."""
    missing = dict(wanted)
    for digest, features in cache.find([*wanted]):
        del missing[digest]
        yield digest, features
    if not missing:
        return
    digests, indices = [*missing], np.array([*missing.values()])
    fresh: list[Row] = []
    saved = time.monotonic()
    try:
        for positions, batch in extractor().compute(pictures, indices):
            rows = [(digests[position], row) for position, row in zip(positions.tolist(), batch, strict=True)]
            fresh += rows
            if time.monotonic() - saved >= _SECONDS_BETWEEN_WRITES:
                cache.add(fresh)
                fresh, saved = [], time.monotonic()
            yield from rows
    finally:
        cache.add(fresh)


def _digests(pictures: NDArray[np.uint8], indices: NDArray[np.int64], threads: int) -> list[bytes]:
    """Digest the pixels of pictures; the shape is in the file's name."""

    def digest(index: int) -> bytes:
        return hashlib.blake2b(pictures[index].tobytes(), digest_size=_DIGEST_SIZE).digest()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(digest, indices.tolist()))


def _file_name(backbone: Backbone, chain: Chain) -> str:
    """Return the name of the cache's file, which changes with everything but the pictures."""
    network = (backbone.digest, chain.notation, chain.input_shape, backbone.design.mean, backbone.design.std)
    parts = (_FORMAT, RUNTIME, *network)
    return f"{backbone.design.name}-{hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()}.sqlite"


def _columns(backbone: Backbone, chain: Chain) -> dict[str, slice]:
    last = chain[chain.features.inputs[0]]
    means = [chain[name] for name in last.inputs] if last.kind == "joining" else [last]
    ends = np.cumsum([mean.shape[0] for mean in means]).tolist()
    names = [*map(str, backbone.joinable), LAST]
    return dict(zip(names, map(slice, [0, *ends[:-1]], ends), strict=True))
