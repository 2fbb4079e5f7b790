"""Features for a head (means of maps), computed once per picture and cached."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.common.cache_folder import cache_folder
from convscope.common.processors import processor_count
from convscope.model.feature_cache import FeatureCache
from convscope.model.features import RUNTIME, FeatureExtractor, compute_features
from convscope.network.backbones import NAMES, design, joined_blocks
from convscope.pictures.decoding import TICK_SECONDS, Progress, no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.model.feature_cache import Row
    from convscope.model.file import Model
    from convscope.model.graph import Pixels, Weights
    from convscope.network.chain import Chain
    from convscope.pictures.store import Store

_FORMAT = 2
_DIGEST_SIZE = 16
_SECONDS_BETWEEN_WRITES = 2.0
"""Seconds between writes: a killed process loses at most this much work."""
_MOST_AT_ONCE = 4_096
"""Number of pictures whose features are in memory at a time; 33 MB with 2,000 features."""


class FeatureNetwork(NamedTuple):
    """A network that computes features.

    Attributes:
        name: Prefix of the file name in the cache folder.
        chain: The network; the output layer reads the features.
        mean: One number per channel, on the scale of 0 to 255; the network sees (pixel - mean) / std.
        std: One number per channel, on the same scale.
        weights: Weights by name; those of the output layer are not needed.
    """

    name: str
    chain: Chain
    mean: Pixels
    std: Pixels
    weights: Weights

    @property
    def file_name(self) -> str:
        """The name of the cache file, which depends on everything but the pictures."""
        chain, head = self.chain, self.chain.output.parameters
        parts = (_FORMAT, RUNTIME, chain.notation, chain.input_shape, tuple(self.mean), tuple(self.std))
        digest = hashlib.blake2b(repr(parts).encode(), digest_size=8)
        for name in chain.parameters:
            if name not in head:
                digest.update(self.weights[name].tobytes())
        return f"{self.name}-{digest.hexdigest()}.sqlite"

    @property
    def columns(self) -> list[slice]:
        """The columns of each step's means in the feature matrix, in the order of the chain."""
        last = self.chain[self.chain.features.inputs[0]]
        means = [self.chain[name] for name in last.inputs] if last.kind == "joining" else [last]
        ends = np.cumsum([mean.shape[0] for mean in means]).tolist()
        return [*map(slice, [0, *ends[:-1]], ends)]


class Features(NamedTuple):
    """The features of some pictures.

    Attributes:
        values: (pictures, features) float32.
        problem: Why they could not be cached; empty if they were.
    """

    values: NDArray[np.float32]
    problem: str


def cached_features(
    store: Store,
    indices: NDArray[np.int64],
    network: FeatureNetwork,
    progress: Progress = no_progress,
    *,
    threads: int | None = None,
    folder: Path | None = None,
) -> Features:
    """Compute the features of pictures, or find them in the cache.

    Equal pictures are computed once. Results are written every two seconds and on an interrupt, so that the
    same call continues from there.

    Args:
        store: Pictures, prepared for the network.
        indices: (n,) indices of the pictures.
        network: The network that computes the features.
        progress: Called with (pictures done, pictures in all) about ten times a second.
        threads: Number of threads; None means one for each processor that this process may use.
        folder: Where features are cached; by default the user's cache folder.

    Raises:
        StoreError: The store's file was truncated in the meantime.
    """
    values = np.empty((len(indices), *network.chain.features.shape), np.float32)
    path = (folder or cache_folder() / "features") / network.file_name
    cache = FeatureCache(path, values.shape[1])
    threads = threads or processor_count()
    positions: dict[bytes, list[int]] = {}
    for position, digest in enumerate(_digests(store.pictures, indices, threads)):
        positions.setdefault(digest, []).append(position)
    wanted = {digest: int(indices[first]) for digest, (first, *_) in positions.items()}
    done, told = 0, time.monotonic()

    def extractor() -> FeatureExtractor:
        return FeatureExtractor(network.chain, network.mean, network.std, network.weights, threads)

    with closing(_rows(cache, extractor, store.pictures, wanted)) as rows:
        for digest, features in rows:
            values[positions[digest]] = features
            done += len(positions[digest])
            if time.monotonic() - told >= TICK_SECONDS:
                progress(done, len(indices))
                told = time.monotonic()
    store.check_whole()
    progress(done, len(indices))
    return Features(values, cache.problem)


def features_of_model(
    model: Model, store: Store, indices: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield a model's features; if its network is a backbone, they come from the cache.

    Training has cached them, unless the backbone was fine-tuned; then they are computed the first time.

    Args:
        model: The model.
        store: Pictures, prepared for it.
        indices: (n,) indices of the pictures.

    Yields:
        Positions in `indices`, (batch,), in order, and the features, (batch, features).
    """
    name = model.receipt.get("start_backbone", "")
    known = design(name) if name in NAMES else None
    joined = joined_blocks(known, model.notation) if known else None
    if known is None or joined is None:
        yield from compute_features(model, store.pictures, indices)
        return
    chain = known.chain(model.preparation.shape, known.joinable)
    network = FeatureNetwork(name, chain, model.mean, model.std, model.weights)
    *blocks, last = network.columns
    chosen = [columns for block, columns in zip(known.joinable, blocks, strict=True) if block in joined]
    for start in range(0, len(indices), _MOST_AT_ONCE):
        positions = np.arange(start, min(start + _MOST_AT_ONCE, len(indices)))
        values = cached_features(store, indices[positions], network).values
        yield positions, np.concatenate([values[:, columns] for columns in (*chosen, last)], axis=1)


def _rows(
    cache: FeatureCache,
    extractor: Callable[[], FeatureExtractor],
    pictures: NDArray[np.uint8],
    wanted: dict[bytes, int],
) -> Generator[Row]:
    """Yield the digests and features of `wanted` indices, from the cache or computed and cached."""
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
    """Return digests of the pictures' pixels; their shape is in the file name."""

    def digest(index: int) -> bytes:
        return hashlib.blake2b(pictures[index].tobytes(), digest_size=_DIGEST_SIZE).digest()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(digest, indices.tolist()))
