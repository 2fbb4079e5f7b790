"""What the accuracy will be at the end, foretold from the epochs so far.

The accuracy after epoch e is taken for c - a e^-k, a power law (`pow3` in the comparison of learning curves
by Domhan, Springenberg and Hutter), plus noise. For each k of a grid, c and a are found by Bayesian linear
regression with a conjugate (normal, inverse gamma) prior; the k are weighted by how well they explain what
was seen. What is foretold is the median of the accuracies so drawn for the last epoch, and where 90 % of them
lie.

The learning rate falls to zero at the end of a run, and a power law of the epochs knows nothing of that.

Source: Domhan, Springenberg and Hutter, "Speeding up automatic hyperparameter optimization of deep neural
networks by extrapolation of learning curves", IJCAI 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST_EPOCHS = 5
WIDEST = 0.2
"""A range that is wider than this says too little to be shown."""

_POWERS = np.geomspace(0.2, 2, 12)
_PRIOR_MEAN = np.array([0.9, 0.5])  # of c and a
_PRIOR_PRECISION = np.diag([0.02**2 / 0.3**2, 0.02**2 / 0.5**2])  # for noise of 2 points
_PRIOR_SHAPE, _PRIOR_SCALE = 1.0, 0.02**2
_DRAWS = 4_000


@dataclass(frozen=True, slots=True)
class Forecast:
    """The accuracy that is expected at the end.

    Attributes:
        accuracy_fraction: The median.
        low: 5 % are expected to be below.
        high: 5 % are expected to be above.
    """

    accuracy_fraction: float
    low: float
    high: float


def forecast(accuracies: Sequence[float], epochs: int) -> Forecast | None:
    """Foretell the accuracy after the last epoch.

    Args:
        accuracies: Share of the validation pictures recognised after epochs 1, 2, 3, ...
        epochs: How many there will be.

    Returns:
        None while there is not enough to say: before five epochs, or where the range would be too wide.

    Example:
        >>> found = forecast([0.95 - 0.4 / epoch for epoch in range(1, 11)], 20)
        >>> found.low < 0.93 < found.high
        True
        >>> forecast([0.5, 0.6], 20) is None
        True
    """
    if len(accuracies) < FEWEST_EPOCHS:
        return None
    drawn = _drawn(np.array(accuracies), epochs)
    if not len(drawn):
        return None
    low, middle, high = np.quantile(drawn, (0.05, 0.5, 0.95)).tolist()
    return Forecast(middle, low, high) if high - low <= WIDEST else None


def _drawn(seen: NDArray[np.float64], epochs: int) -> NDArray[np.float64]:
    """Accuracies after the last epoch that agree with what was seen."""
    random = np.random.default_rng(0)
    posteriors = [_posterior(seen, power) for power in _POWERS]
    evidence = np.array([one.log_evidence for one in posteriors])
    weights = np.exp(evidence - evidence.max())
    counts = random.multinomial(_DRAWS, weights / weights.sum())
    parts = [
        one.draw(epochs, power, count, random)
        for one, power, count in zip(posteriors, _POWERS, counts, strict=True)
    ]
    return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class _Posterior:
    mean: NDArray[np.float64]
    precision: NDArray[np.float64]
    shape: float
    scale: float
    log_evidence: float

    def draw(self, epochs: int, power: float, count: int, random: np.random.Generator) -> NDArray[np.float64]:
        """Draw curves and take their last accuracy; those that fall, or leave 0..1, are no curves."""
        noise = self.scale / random.gamma(self.shape, size=count)
        root = np.linalg.cholesky(np.linalg.inv(self.precision))
        curves = self.mean + np.sqrt(noise)[:, None] * (random.normal(size=(count, 2)) @ root.T)
        limit, gain = curves.T
        last = limit - gain * epochs**-power
        kept = (gain >= 0) & (limit <= 1) & (last >= 0)
        observed = last[kept] + np.sqrt(noise[kept]) * random.normal(size=int(kept.sum()))
        return np.clip(observed, 0, 1)


def _posterior(seen: NDArray[np.float64], power: float) -> _Posterior:
    """Bayesian linear regression of the accuracies on (1, -e^-power)."""
    after = np.arange(1, len(seen) + 1, dtype=np.float64)
    design = np.stack([np.ones_like(after), -(after**-power)], axis=1)
    precision = _PRIOR_PRECISION + design.T @ design
    pull = _PRIOR_PRECISION @ _PRIOR_MEAN + design.T @ seen
    mean = np.linalg.solve(precision, pull).astype(np.float64)
    shape = _PRIOR_SHAPE + len(seen) / 2
    misfit = seen @ seen + _PRIOR_MEAN @ _PRIOR_PRECISION @ _PRIOR_MEAN - mean @ pull
    scale = _PRIOR_SCALE + max(0.0, float(misfit)) / 2
    log_evidence = -float(np.linalg.slogdet(precision)[1]) / 2 - shape * float(np.log(scale))
    return _Posterior(mean, precision, shape, scale, log_evidence)
