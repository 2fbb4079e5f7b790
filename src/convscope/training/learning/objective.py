"""The objective: the loss that training minimises, and which predictions count as correct.

With one class per picture, it is the cross-entropy after softmax, and a prediction is correct if the true
class has the largest logit. With several labels, it is the binary cross-entropy of each label's sigmoid,
summed over the labels, and a prediction is correct if every label is: present if its logit is above 0 (a
probability of one half), absent otherwise (subset accuracy, as in scikit-learn's `accuracy_score`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom

from convscope.model.calibration import label_probabilities
from convscope.model.thresholds import fit_thresholds
from convscope.pictures.target import SeveralLabels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from convscope.pictures.target import Target
    from convscope.training.recipe import Recipe


class Objective(Protocol):
    """The objective of a training. Logits are (n, classes), labels (n,) label numbers of a target."""

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the training loss, summed over the pictures."""
        ...

    def shown_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss without smoothing and weights, which is comparable between data sets."""
        ...

    def weight(self, labels: NDArray[np.int64]) -> float:
        """Return the divisor of a batch's loss: the number of pictures, or the sum of their weights."""
        ...

    def decide(self, logits: Tensor) -> Tensor:
        """Return the predicted classes or labels, bool (n, classes)."""
        ...

    def decide_both(
        self, logits: Tensor, changed: Tensor, truth: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the decisions for pictures and for the same pictures augmented, (n, classes) each.

        Both use the decision rule of a finished model, with thresholds fitted to the unchanged pictures.
        """
        ...

    def correct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return which predictions are correct, bool (n,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CrossEntropy:
    """The objective for one class per picture.

    Attributes:
        smoothing: Share of each label that is spread evenly over all classes.
        class_weights: (classes,) weight of a picture of each class; None: all equal.
    """

    smoothing: float = 0.0
    class_weights: Tensor | None = None

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the weighted cross-entropy with smoothed labels, summed over the pictures."""
        return F.cross_entropy(
            logits, labels, self.class_weights, label_smoothing=self.smoothing, reduction="sum"
        )

    def shown_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy, summed over the pictures."""
        return F.cross_entropy(logits, labels, reduction="sum")

    def weight(self, labels: NDArray[np.int64]) -> float:
        """Return the sum of the pictures' class weights."""
        if self.class_weights is None:
            return len(labels)
        return self.class_weights[torch.from_numpy(labels)].sum().item()

    def decide(self, logits: Tensor) -> Tensor:
        """Return the class with the largest logit, one True in each row."""
        return F.one_hot(logits.argmax(1), logits.shape[1]).bool()

    def decide_both(
        self, logits: Tensor, changed: Tensor, truth: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the class with the largest logit of each, independent of the truth."""
        del truth
        return self.decide(logits).numpy(), self.decide(changed).numpy()

    def correct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return whether the true class has the largest logit."""
        return logits.argmax(1) == labels


@dataclass(frozen=True, slots=True, eq=False)
class BinaryCrossEntropy:
    """The objective for several labels per picture.

    Attributes:
        table: (label sets, labels) float32, 1 if the set has the label.
        smoothing: Share of each target, 0 or 1, that is spread over both.
    """

    table: Tensor
    smoothing: float = 0.0

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the binary cross-entropy with smoothed targets, summed over labels and pictures."""
        wanted = self.table[labels] * (1 - self.smoothing) + self.smoothing / 2
        return F.binary_cross_entropy_with_logits(logits, wanted.to(logits.dtype), reduction="sum")

    def shown_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the binary cross-entropy, summed over labels and pictures."""
        wanted = self.table[labels].to(logits.dtype)
        return F.binary_cross_entropy_with_logits(logits, wanted, reduction="sum")

    def weight(self, labels: NDArray[np.int64]) -> float:
        """Return the number of pictures."""
        return len(labels)

    def decide(self, logits: Tensor) -> Tensor:
        """Return the labels whose logit is above 0."""
        return logits > 0

    def decide_both(
        self, logits: Tensor, changed: Tensor, truth: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the labels that reach the thresholds fitted to the unchanged pictures.

        With a threshold of one half, hardly any label would be predicted early in a run, and rare ones never.
        """
        before, after = (label_probabilities(one.float().numpy(), 1.0) for one in (logits, changed))
        thresholds = np.array(fit_thresholds(before, truth))
        return before >= thresholds, after >= thresholds

    def correct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return whether each picture has exactly the predicted labels."""
        return (self.decide(logits) == (self.table[labels] > 0)).all(1)


def objective_of(target: Target, recipe: Recipe | None, device: torch.device | str = "cpu") -> Objective:
    """Return the objective of a target.

    Args:
        target: The target to predict.
        recipe: Provides smoothing and class weights; None: without either.
        device: Where the network is.

    Example:
        >>> from convscope.pictures.target import OneClass
        >>> plain = objective_of(OneClass(("cat", "dog")), None)
        >>> f"{plain.loss(torch.zeros(1, 2), torch.tensor([1])).item():.4f}"
        '0.6931'
    """
    smoothing = recipe.label_smoothing if recipe else 0.0
    if isinstance(target, SeveralLabels):
        return BinaryCrossEntropy(torch.from_numpy(target.table).float().to(device), smoothing)
    weights = recipe.class_weights if recipe else None
    return CrossEntropy(smoothing, None if weights is None else torch.tensor(weights, device=device))
