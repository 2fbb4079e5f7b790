"""Logistic regression with an L2 penalty, of classes or of labels, fast enough to be fitted dozens of times.

Let x be features (n, F), t the classes of the pictures and c their weights. Minimised over W (F, K) and b is

    cost(W, b) = sum over pictures of c * cross-entropy(softmax(x W + b), t) + penalty / 2 * ‖W‖²

which is scikit-learn's `LogisticRegression(C=1 / penalty)` for three classes and more. (For two classes it
keeps one vector, the difference of our two, so that there C is 2 / penalty.) If there are logits to begin
with, those of an earlier regression, x W + b is added to them.

With several labels for each picture, each label has a regression of its own,

    cost(w, b) = sum over pictures of binary cross-entropy(sigmoid(x w + b), y) + penalty / 2 * ‖w‖²

which is scikit-learn's `LogisticRegression(C=1 / penalty)` for two classes. All labels are fitted at once.

L-BFGS needs hundreds of steps if some directions of x are a thousand times longer than others, as with
pretrained features. So it runs in coordinates in which the cost has about the same curvature in all
directions: with v_j the leading right singular vectors of x, s_j their singular values and h the curvature of
cross-entropy, W = P U, where P stretches v_j by 1 / sqrt(penalty + h s_j²). About 20 steps are then enough.
The minimum is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.model.singular_vectors import leading_singular_vectors
from convscope.training.start.lbfgs import minimise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_DIRECTIONS = 128
"""Singular vectors along which the coordinates are stretched; there is little to gain from more."""


class Coefficients(NamedTuple):
    """What a logistic regression has learned; logits are x @ weight + bias.

    Attributes:
        weight: (features, classes) float32.
        bias: (classes,) float32.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, classes) for features (n, features)."""
        return features @ self.weight + self.bias


class Spectrum(NamedTuple):
    """The directions in which features extend most.

    Attributes:
        directions: (features, kept) float32, orthonormal columns: right singular vectors.
        squares: (kept,) the squares of the singular values, the largest first.
    """

    directions: NDArray[np.float32]
    squares: NDArray[np.float32]


def find_spectrum(features: NDArray[np.float32]) -> Spectrum:
    """Find the directions in which features (n, F), centred, extend most.

    Example:
        >>> find_spectrum(np.array([[3, 0], [-3, 0], [0, 1], [0, -1]], np.float32)).squares.round(3).tolist()
        [18.0, 2.0]
    """
    directions, lengths = leading_singular_vectors(features, _DIRECTIONS)
    return Spectrum(directions, np.square(lengths))


def fit_logistic(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    picture_weights: NDArray[np.float32],
    penalty: float,
    *,
    start: Coefficients,
    spectrum: Spectrum,
    begin: NDArray[np.float32] | None = None,
    tolerance: float = 1e-4,
) -> Coefficients:
    """Minimise the cost.

    Args:
        features: (n, F), centred; otherwise the minimum is the same, but takes more steps to reach.
        labels: (n,) indices of classes.
        picture_weights: (n,) how much each picture counts.
        penalty: Of the squared weights; more than 0.
        start: Where to start: zeros, or the solution for a similar penalty. Its shape gives the classes.
        spectrum: Of these features, or of a set of which they are part.
        begin: (n, classes) logits to which the regression's are added; None: zeros.
        tolerance: Stop when no coordinate's slope is steeper than this, or than this share of the steepest at
            zero if that is less than 1; 1e-4 gives probabilities to about 1e-4.

    Returns:
        The coefficients with the least cost.
    """
    classes, rows = len(start.bias), np.arange(len(labels))

    def loss(logits: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
        if begin is not None:
            logits += begin
        logits -= logits.max(axis=1, keepdims=True)
        powers = np.exp(logits)
        sums = powers.sum(axis=1)
        losses = picture_weights * (np.log(sums) - logits[rows, labels])
        slopes = powers / sums[:, np.newaxis]
        slopes[rows, labels] -= 1
        slopes *= picture_weights[:, np.newaxis]
        return float(losses.sum(dtype=np.float64)), slopes

    curvature = (classes - 1) / classes**2  # of cross-entropy, where all classes are equally probable
    total = float(picture_weights.sum())
    return _minimise(features, _Loss(loss, curvature, total), penalty, start, spectrum, tolerance)


def fit_label_logistic(
    features: NDArray[np.float32],
    truth: NDArray[np.bool_],
    penalty: float,
    *,
    start: Coefficients,
    spectrum: Spectrum,
    tolerance: float = 1e-4,
) -> Coefficients:
    """Minimise the cost of each label; arguments as for `fit_logistic`, and `truth` (n, labels)."""
    wanted = truth.astype(np.float32)

    def loss(logits: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
        powers = np.exp(-np.abs(logits))
        losses = np.maximum(logits, 0) - logits * wanted + np.log1p(powers)
        shares = np.where(logits < 0, powers, np.float32(1)) / (1 + powers)
        return float(losses.sum(dtype=np.float64)), (shares - wanted).astype(np.float32, copy=False)

    steepest_curvature = 1 / 4  # of binary cross-entropy, where yes and no are equally probable
    part = _Loss(loss, steepest_curvature, float(len(truth)))
    return _minimise(features, part, penalty, start, spectrum, tolerance)


class _Loss(NamedTuple):
    """A loss of logits.

    Attributes:
        compute: Turns logits (n, classes), which it may change, into the loss and its slopes at them.
        curvature: Of the loss of one picture, at most.
        total: The sum of the pictures' weights.
    """

    compute: Callable[[NDArray[np.float32]], tuple[float, NDArray[np.float32]]]
    curvature: float
    total: float


def _minimise(
    features: NDArray[np.float32],
    loss: _Loss,
    penalty: float,
    start: Coefficients,
    spectrum: Spectrum,
    tolerance: float,
) -> Coefficients:
    """Minimise a loss and the penalty, in coordinates in which their sum is about as curved everywhere."""
    classes, curvature = len(start.bias), loss.curvature
    stretch = (1 / np.sqrt(penalty + curvature * spectrum.squares)).astype(np.float32)
    rest = stretch[-1]  # of all other directions, which are shorter than those of the spectrum
    bias_stretch = np.float32(1 / np.sqrt(curvature * loss.total))

    def stretched(
        matrix: NDArray[np.float32], by: NDArray[np.float32], others: np.float32
    ) -> NDArray[np.float32]:
        inside = spectrum.directions.T @ matrix
        moved = others * matrix + spectrum.directions @ ((by - others)[:, np.newaxis] * inside)
        return moved.astype(np.float32, copy=False)

    def cost(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        point = flat.astype(np.float32).reshape(-1, classes)
        weight = stretched(point[:-1], stretch, rest)
        value, slopes = loss.compute(features @ weight + bias_stretch * point[-1])
        value += penalty / 2 * np.square(weight).sum(dtype=np.float64)
        gradient = np.empty_like(point)
        slope = (features.T @ slopes + penalty * weight).astype(np.float32, copy=False)
        gradient[:-1] = stretched(slope, stretch, rest)
        gradient[-1] = bias_stretch * slopes.sum(axis=0)
        return float(value), gradient.astype(np.float64).ravel()

    first = np.vstack([stretched(start.weight, np.reciprocal(stretch), 1 / rest), start.bias / bias_stretch])
    steepest = float(np.abs(cost(np.zeros(first.size))[1]).max())
    found = minimise(cost, first.astype(np.float64).ravel(), tolerance * min(1.0, steepest))
    point = found.astype(np.float32).reshape(-1, classes)
    return Coefficients(stretched(point[:-1], stretch, rest), bias_stretch * point[-1])
