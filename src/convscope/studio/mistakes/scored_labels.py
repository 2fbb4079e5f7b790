"""A model's answers to pictures with several labels, in the order in which a person wants to see them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from convscope.model.label_evaluation import LabelEvaluation, evaluate_labels
from convscope.pictures.target import joined
from convscope.studio.mistakes.documents import ClassifiedPictures, Figures, LabelCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Kind = Literal["missed", "wrong", "found"]


@dataclass(frozen=True, eq=False)
class ScoredLabels:
    """The probabilities that a model gives to the labels of pictures.

    Attributes:
        names: Of the pictures.
        places: (n,) the index of each in its source.
        truth: (n, labels), whether each picture has the label.
        probabilities: (n, labels).
        classes: The model's labels.
        thresholds: From which probability on each is found.
        notes: What people should know about the selection, in short sentences.
    """

    names: tuple[str, ...]
    places: NDArray[np.int64]
    truth: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    classes: Sequence[str]
    thresholds: tuple[float, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def answers(self) -> NDArray[np.bool_]:
        """(n, labels), which labels are found."""
        return self.probabilities >= np.array(self.thresholds)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """(n,) the probability of the whole answer: labels are independent, so theirs are multiplied."""
        return np.where(self.answers, self.probabilities, 1 - self.probabilities).prod(axis=1)

    def evaluation(self) -> LabelEvaluation:
        """Return precision, recall, average precision and other figures."""
        return evaluate_labels(self.probabilities, self.truth, self.classes, self.thresholds)

    def worst(self) -> NDArray[np.int64]:
        """Return the rows with a label missed or wrongly found, the most confident answers first."""
        wrong = np.flatnonzero((self.answers != self.truth).any(axis=1))
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")]

    def uncertain(self) -> NDArray[np.int64]:
        """Return all rows by the entropy of their answers, the largest first.

        As labels are independent, it is the sum over the labels of - p ln p - (1 - p) ln(1 - p).
        """
        both = np.stack([self.probabilities, 1 - self.probabilities])
        logarithms = np.log(both, out=np.zeros_like(both), where=both > 0)
        return np.argsort((both * logarithms).sum(axis=(0, 2)), kind="stable")

    def ordered(self, order: Literal["worst", "uncertain"]) -> NDArray[np.int64]:
        """Return the worst mistakes, or all rows with the most uncertain first."""
        return self.worst() if order == "worst" else self.uncertain()

    def of_label(self, label: int, kind: Kind) -> NDArray[np.int64]:
        """Return the rows where a label is missed, wrongly found, or rightly found, the clearest first."""
        there, found = self.truth[:, label], self.answers[:, label]
        kinds = {"missed": there & ~found, "wrong": ~there & found, "found": there & found}
        rows = np.flatnonzero(kinds[kind])
        shares = self.probabilities[rows, label]
        return rows[np.argsort(shares if kind == "missed" else -shares, kind="stable")]

    def figures(self) -> Figures:
        """Return the figures as a page shows them."""
        evaluation = self.evaluation()
        return Figures(
            pictures=evaluation.pictures,
            correct=evaluation.correct,
            accuracy_fraction=evaluation.accuracy_fraction,
            accuracy_interval=evaluation.accuracy_interval,
            classes=[*self.classes],
            confusion=[],
            labels=[
                LabelCounts(
                    threshold=one.threshold,
                    found=int((self.truth[:, label] & self.answers[:, label]).sum()),
                    missed=int((self.truth[:, label] & ~self.answers[:, label]).sum()),
                    wrong=int((~self.truth[:, label] & self.answers[:, label]).sum()),
                    precision_fraction=one.precision_fraction,
                    recall_fraction=one.recall_fraction,
                    f1_fraction=one.f1_fraction,
                    average_precision=one.average_precision,
                )
                for label, one in enumerate(evaluation.classes)
            ],
            mean_average_precision=evaluation.mean_average_precision,
            notes=[*self.notes],
        )

    def shown(self, rows: NDArray[np.int64], label: int | None = None) -> ClassifiedPictures:
        """Return rows as a page shows them, with the probability of a label, or else of the whole answer."""
        shares = self.confidence[rows] if label is None else self.probabilities[rows, label]
        return ClassifiedPictures(
            places=self.places[rows].tolist(),
            names=[self.names[row] for row in rows.tolist()],
            labels=[self._text(one) for one in self.truth[rows]],
            predicted=[self._text(one) for one in self.answers[rows]],
            probabilities=shares.tolist(),
        )

    def _text(self, there: NDArray[np.bool_]) -> str:
        return joined(self.classes[label] for label in np.flatnonzero(there).tolist())
