"""Fit a multi-label head to the features of a frozen backbone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.model.calibration import label_probabilities
from convscope.model.label_evaluation import evaluate_labels
from convscope.model.scoring import calibrate
from convscope.model.thresholds import DEFAULT
from convscope.training.start.features import LAST
from convscope.training.start.label_head import fit_label_head

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.target import SeveralLabels
    from convscope.training.start.label_head import LabelHead


@dataclass(frozen=True, slots=True, eq=False)
class LearnedLabels:
    """A head for several labels, and its results in cross-validation.

    Attributes:
        head: The logistic regressions.
        truth: (pictures, labels) of the training pictures.
        temperature: Temperature, fitted to the logits of cross-validation.
        thresholds: Threshold of each label, fitted to the same logits.
    """

    head: LabelHead
    truth: NDArray[np.bool_]
    temperature: float
    thresholds: tuple[float, ...]

    @property
    def probabilities(self) -> NDArray[np.float64] | None:
        """(pictures, labels) calibrated probabilities, from heads not trained on the picture."""
        if self.head.out_of_fold is None:
            return None
        return label_probabilities(self.head.out_of_fold, self.temperature)

    @property
    def sentence(self) -> str:
        """The result of cross-validation, as a message."""
        probabilities = self.probabilities
        if probabilities is None:
            return "all pictures are equal: accuracy cannot be estimated by cross-validation"
        names = [str(place) for place in range(self.truth.shape[1])]
        figures = evaluate_labels(probabilities, self.truth, names, self.thresholds)
        exact = f"all labels of {100 * figures.accuracy_fraction:.1f} % of {figures.pictures:,} pictures"
        mean = figures.mean_average_precision
        ranked = "" if mean is None else f"; mean average precision {mean:.4f}"
        return f"pretrained features recognise {exact} in cross-validation{ranked}"

    def facts(self) -> dict[str, object]:
        """Return the choices, for the metrics."""
        blocks = [name for name in self.head.blocks if name != LAST]
        return {
            "joined_blocks": [int(name) for name in blocks],
            "penalties": self.head.penalties.tolist(),
        }


def learn_labels(
    features: NDArray[np.float32],
    blocks: Mapping[str, slice],
    target: SeveralLabels,
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    seed: int,
) -> LearnedLabels:
    """Fit the regressions, then temperature and thresholds to their predictions for held-out pictures.

    Args:
        features: (pictures, features) float32.
        blocks: The name of each block and its columns.
        target: The labels.
        labels: (pictures,) label numbers of the target.
        groups: (pictures,) the group of each picture.
        seed: Seed of the folds.
    """
    truth = target.indicators(labels)
    head = fit_label_head(features, blocks, truth, groups=groups, seed=seed)
    if head.out_of_fold is None:
        return LearnedLabels(head, truth, 1.0, (DEFAULT,) * len(target.classes))
    temperature, thresholds = calibrate(target, head.out_of_fold, labels)
    return LearnedLabels(head, truth, temperature, thresholds or (DEFAULT,) * len(target.classes))
