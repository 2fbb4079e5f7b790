"""An open-set rule: the cosine with the nearest training picture, for pretrained features.

Let x be the features (the input of the output layer) and s a scale for each feature, the same within a block
of features (the output of one step of the backbone). With y = s x,

    score(x) = max over training pictures i of the cosine of y and y_i

It is 1 for a training picture. To keep the model file small, the cosine is computed in the principal
directions D of the training pictures:

    cosine = (D' y) . u_i / ‖y‖    where    u_i = D' y_i / ‖y_i‖

Nothing is lost if there are as many directions as pictures, and components outside them still lower the
score, because ‖y‖ is the norm of all features. The scores for the threshold are cross-validated: each
training picture is scored by a rule fitted without it and its group.

The nearest training pictures also explain why a picture is unknown, or not. The model file holds the class of
each and the beginning of its file's digest: the owner of the pictures can look them up, but their names are
not revealed to anybody else.

Source: Y. Sun et al., "Out-of-distribution detection with deep nearest neighbors", ICML 2022,
https://arxiv.org/abs/2204.06507. `docs/reference/unknown.md` compares it with other scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.model.open_set import REJECTED_FRACTION, threshold_for
from convscope.model.singular_vectors import leading_singular_vectors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

MAX_PICTURES = 2_000
"""Number of training pictures that a rule keeps."""
_MAX_DIRECTIONS = 128
_FOLDS = 5
MIN_LENGTH = 1e-12
"""Added to norms, so that a picture without any features has a cosine of 0."""
MOST_SIMILAR = 5
"""Number of nearest training pictures to report."""
_DIGEST_BYTES = 8


class Similar(NamedTuple):
    """A training picture that is similar to another picture.

    Attributes:
        digest: The first 16 hexadecimal digits of the digest of its file.
        label: The index of its class.
        similarity: The cosine of their features, -1 to 1.
    """

    digest: str
    label: int
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """A rule of this kind; see `convscope.model.open_set.OpenSetRule`.

    Attributes:
        scale: (features,) float32, the scale s of each feature.
        directions: (features, kept) float32, orthonormal columns.
        known: (pictures, kept) float32, u_i of the training pictures.
        pictures: The digest of each of them, as in `Similar`.
        labels: The class of each of them.
        threshold: Pictures that score below are unknown.
        rejected_fraction: The share of pictures of known classes that the threshold may reject.
    """

    scale: NDArray[np.float32]
    directions: NDArray[np.float32]
    known: NDArray[np.float32]
    pictures: tuple[str, ...]
    labels: tuple[int, ...]
    threshold: float
    rejected_fraction: float

    def score(
        self, features: NDArray[np.floating], logits: NDArray[np.floating] | None = None
    ) -> NDArray[np.float64]:
        """Return the cosine with the nearest training picture; logits are not used.

        Example:
            >>> known = np.array([[1.0, 0.0], [0.6, 0.8]])
            >>> digests = ("4321c228dc684ef3", "00c1f1d6a4b2e09f")
            >>> rule = Nearest(np.ones(2), np.eye(2), known, digests, (0, 1), 0.9, 0.05)
            >>> rule.score(np.array([[5.0, 0.0], [0.0, 2.0]])).round(6).tolist()
            [1.0, 0.8]
        """
        del logits
        return self.cosines(features).max(axis=1)

    def cosines(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the cosines (n, pictures) of features (n, features) with all training pictures kept."""
        return self.coordinates(features) @ self.known.T

    def coordinates(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return D' y / ‖y‖ (n, kept) for features (n, features); their dot products are the cosines."""
        scaled = features.astype(np.float64) * self.scale
        return scaled @ self.directions / (np.linalg.norm(scaled, axis=1, keepdims=True) + MIN_LENGTH)

    def rows(self) -> NDArray[np.float32]:
        """Return the features (pictures, features) of the known pictures, except for their norm.

        They are exact if there are as many directions as pictures; otherwise components outside are missing.
        """
        return (self.known @ self.directions.T / self.scale).astype(np.float32)

    def length(self, features: NDArray[np.float32]) -> float:
        """Return the mean norm of scaled features (n, features)."""
        return float(np.linalg.norm(features * self.scale, axis=1).mean())

    def similar(self, features: NDArray[np.floating]) -> list[Similar]:
        """Return the training pictures nearest to features (features,), the nearest first."""
        cosines = self.cosines(features[np.newaxis])[0]
        nearest: list[int] = np.argsort(-cosines, kind="stable")[:MOST_SIMILAR].tolist()
        return self.named(nearest, cosines[nearest].tolist())

    def named(self, positions: Iterable[int], cosines: Iterable[float]) -> list[Similar]:
        """Return the training pictures at these positions, with their cosines."""
        return [
            Similar(self.pictures[position], self.labels[position], cosine)
            for position, cosine in zip(positions, cosines, strict=True)
        ]

    def numbers(self) -> dict[str, object]:
        """Return everything but the arrays."""
        return {
            "kind": "nearest",
            "directions": self.directions.shape[1],
            "pictures": list(self.pictures),
            "labels": list(self.labels),
            "threshold": self.threshold,
            "rejected_fraction": self.rejected_fraction,
        }

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays by name."""
        return {"scale": self.scale, "directions": self.directions, "known": self.known}


def fit(
    features: NDArray[np.float32],
    blocks: Sequence[slice],
    groups: NDArray[np.int64],
    digests: NDArray[np.uint8],
    labels: NDArray[np.int64],
    rejected_fraction: float = REJECTED_FRACTION,
) -> Nearest | None:
    """Fit a rule to training pictures.

    Args:
        features: (pictures, features), the input of the output layer.
        blocks: The columns of each block; together all columns.
        groups: (pictures,) the group of each picture: copies are not compared with each other.
        digests: (pictures, 16) uint8, digests of their files.
        labels: (pictures,) the index of the class of each.
        rejected_fraction: The share of pictures of known classes that may be rejected.

    Returns:
        None if there are too few pictures; a share of 5 % needs 19.
    """
    kept = np.unique(np.linspace(0, len(features) - 1, min(len(features), MAX_PICTURES)).astype(int))
    features, groups = features[kept], groups[kept]
    scale = np.concatenate([_scale(features[:, block]) for block in blocks])
    rows = features * scale
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + np.float32(MIN_LENGTH)
    threshold = threshold_for(_out_of_fold(rows, groups), rejected_fraction)
    if threshold is None:
        return None
    directions, _ = leading_singular_vectors(rows, _MAX_DIRECTIONS)
    return Nearest(
        scale,
        directions,
        rows @ directions,
        tuple(digest[:_DIGEST_BYTES].tobytes().hex() for digest in digests[kept]),
        tuple(labels[kept].tolist()),
        threshold,
        rejected_fraction,
    )


def _out_of_fold(rows: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the score of each picture by a rule fitted without it and its group."""
    scores = np.zeros(len(rows), np.float32)
    names, places = np.unique(groups, return_inverse=True)
    folds = np.random.default_rng(0).permutation(len(names))[places] % _FOLDS
    for fold in range(_FOLDS):
        held_out, known = rows[folds == fold], rows[folds != fold]
        if len(held_out) and len(known):
            directions, _ = leading_singular_vectors(known, _MAX_DIRECTIONS)
            scores[folds == fold] = (held_out @ directions @ (known @ directions).T).max(axis=1)
    return scores


def _scale(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 / root mean square of the centred features of the block, for each feature."""
    size = float(np.sqrt(block.var(axis=0, dtype=np.float64).mean()))
    return np.full(block.shape[1], 1 / size if size > np.finfo(np.float32).tiny else 1, np.float32)
