"""Logistic regression with an L2 penalty, for classes or labels, fast enough to be fitted dozens of times.

Let x be features (n, F), t the classes of the pictures and c their weights. Minimised over W (F, K) and b is

    cost(W, b) = sum over pictures of c * cross-entropy(softmax(x W + b), t) + penalty / 2 * ‖W‖²

which is scikit-learn's `LogisticRegression(C=1 / penalty)` for three or more classes. (For two classes it has
a single weight vector, the difference of our two, so that C is 2 / penalty.) If there are offsets, such as
the logits of an earlier regression, x W + b is added to them.

With several labels per picture, each label has its own regression,

    cost(w, b) = sum over pictures of binary cross-entropy(sigmoid(x w + b), y) + penalty / 2 * ‖w‖²

which is scikit-learn's `LogisticRegression(C=1 / penalty)` for two classes. All labels are fitted at once.

L-BFGS needs hundreds of steps if the cost is badly conditioned: with pretrained features, the singular values
of x differ by a factor of a thousand. So it is preconditioned, with coordinates in which the cost has about
the same curvature in all directions: with v_j the leading right singular vectors of x, s_j their singular
values and h the curvature of cross-entropy, W = P U, where P scales v_j by 1 / sqrt(penalty + h s_j²). About
20 steps are then enough. The minimum is the same.
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
"""Number of singular vectors for preconditioning; more would gain little."""


class Coefficients(NamedTuple):
    """The coefficients of a logistic regression; logits are x @ weight + bias.

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
    """The leading singular vectors and values of features.

    Attributes:
        directions: (features, kept) float32, orthonormal columns: right singular vectors.
        squares: (kept,) the squares of the singular values, the largest first.
    """

    directions: NDArray[np.float32]
    squares: NDArray[np.float32]


def find_spectrum(features: NDArray[np.float32]) -> Spectrum:
    """Find the leading singular vectors and values of centred features (n, F).

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
        features: (n, F), centred; otherwise the minimum is the same, but needs more steps.
        labels: (n,) indices of classes.
        picture_weights: (n,) weight of each picture.
        penalty: Factor of the squared weights; more than 0.
        start: Starting point: zeros, or the solution for a similar penalty. Its shape determines the classes.
        spectrum: Spectrum of these features, or of a superset.
        begin: (n, classes) offsets of the logits; None: zeros.
        tolerance: Stop when no component of the gradient is larger than this, or than this share of the
            largest at zero if that is less than 1; 1e-4 gives probabilities accurate to about 1e-4.

    Returns:
        The coefficients with the smallest cost.
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

    curvature = (classes - 1) / classes**2  # curvature of cross-entropy if all classes are equally probable
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
    """Minimise the cost of each label; same arguments as `fit_logistic`, and `truth` (n, labels)."""
    wanted = truth.astype(np.float32)

    def loss(logits: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
        powers = np.exp(-np.abs(logits))
        losses = np.maximum(logits, 0) - logits * wanted + np.log1p(powers)
        shares = np.where(logits < 0, powers, np.float32(1)) / (1 + powers)
        return float(losses.sum(dtype=np.float64)), (shares - wanted).astype(np.float32, copy=False)

    steepest_curvature = 1 / 4  # curvature of binary cross-entropy at probability 1/2
    part = _Loss(loss, steepest_curvature, float(len(truth)))
    return _minimise(features, part, penalty, start, spectrum, tolerance)


class _Loss(NamedTuple):
    """A loss as a function of logits.

    Attributes:
        compute: Returns loss and gradient for logits (n, classes), which it may overwrite.
        curvature: Largest curvature of the loss of one picture.
        total: Sum of the pictures' weights.
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
    """Minimise a loss plus the penalty, in preconditioned coordinates."""
    classes, curvature = len(start.bias), loss.curvature
    stretch = (1 / np.sqrt(penalty + curvature * spectrum.squares)).astype(np.float32)
    rest = stretch[-1]  # for all directions outside the spectrum
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
