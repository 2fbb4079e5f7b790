"""A model's predictions for labelled pictures, in a useful order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from convscope.model.evaluation import evaluate
from convscope.model.label_evaluation import LabelEvaluation, evaluate_labels
from convscope.model.selection import select
from convscope.model.thresholds import decisions
from convscope.pictures.target import joined
from convscope.studio.mistakes.documents import ClassifiedPictures, Figures, LabelCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.evaluation import Evaluation
    from convscope.model.selection import PartOrAll
    from convscope.pictures.sources import Data

Order = Literal["worst", "uncertain"]
Kind = Literal["missed", "wrong", "found"]


@dataclass(frozen=True, eq=False)
class ScoredPictures:
    """A model's probabilities for labelled pictures.

    Attributes:
        names: Names of the pictures.
        places: (n,) the index of each in its source.
        truth: (n, classes) whether each picture has the class or label.
        probabilities: (n, classes).
        classes: The model's classes or labels.
        thresholds: The threshold of each label with several labels per picture; else None.
        notes: Remarks on the selection, in short sentences.
    """

    names: tuple[str, ...]
    places: NDArray[np.int64]
    truth: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    classes: Sequence[str]
    thresholds: tuple[float, ...] | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def answers(self) -> NDArray[np.bool_]:
        """(n, classes) the most probable class, or the predicted labels."""
        return decisions(self.probabilities, self.thresholds)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """(n,) the probability of the prediction; labels are independent, so theirs are multiplied."""
        if self.thresholds is None:
            return self.probabilities.max(axis=1)
        return np.where(self.answers, self.probabilities, 1 - self.probabilities).prod(axis=1)

    def evaluation(self) -> Evaluation | LabelEvaluation:
        """Return accuracy, confusion matrix or average precision, and other figures."""
        if self.thresholds is None:
            return evaluate(self.probabilities, self.truth.argmax(axis=1), self.classes)
        return evaluate_labels(self.probabilities, self.truth, self.classes, self.thresholds)

    def worst(self) -> NDArray[np.int64]:
        """Return the rows with a wrong prediction, the most confident first."""
        wrong = np.flatnonzero((self.answers != self.truth).any(axis=1))
        return wrong[_descending(self.confidence[wrong])]

    def uncertain(self) -> NDArray[np.int64]:
        """Return all rows by the entropy of their predictions, - sum of p ln p, the largest first.

        With one class, the sum is over the classes: 0 if one has probability 1, ln(classes) if all have the
        same. Labels are independent, so the sum is over p and 1 - p of each.

        Source: C. E. Shannon, "A mathematical theory of communication", 1948, section 6.
        """
        p = self.probabilities
        p = p if self.thresholds is None else np.concatenate([p, 1 - p], axis=1)
        logarithms = np.log(p, out=np.zeros_like(p), where=p > 0)
        return _descending(-(p * logarithms).sum(axis=1))

    def ordered(self, order: Order) -> NDArray[np.int64]:
        """Return the worst mistakes, or all rows with the most uncertain first."""
        return self.worst() if order == "worst" else self.uncertain()

    def cell(self, truth: int, predicted: int) -> NDArray[np.int64]:
        """Return the rows of one cell of the confusion matrix, the most confident first."""
        rows = np.flatnonzero(self.truth[:, truth] & self.answers[:, predicted])
        return rows[_descending(self.confidence[rows])]

    def of_label(self, label: int, kind: Kind) -> NDArray[np.int64]:
        """Return the rows where a label is a false negative, false or true positive, clearest first."""
        rows = np.flatnonzero(self._kinds(label)[kind])
        shares = self.probabilities[rows, label]
        return rows[_descending(-shares if kind == "missed" else shares)]

    def figures(self) -> Figures:
        """Return the metrics for the page."""
        evaluation = self.evaluation()
        more: dict[str, Any]
        if isinstance(evaluation, LabelEvaluation):
            more = {
                "confusion": [],
                "labels": self._counts(evaluation),
                "mean_average_precision": evaluation.mean_average_precision,
            }
        else:
            more = {"confusion": [[*row] for row in evaluation.confusion]}
        return Figures(
            pictures=evaluation.pictures,
            correct=evaluation.correct,
            accuracy_fraction=evaluation.accuracy_fraction,
            accuracy_interval=evaluation.accuracy_interval,
            classes=[*self.classes],
            notes=[*self.notes],
            **more,
        )

    def shown(self, rows: NDArray[np.int64], label: int | None = None) -> ClassifiedPictures:
        """Return rows for the page, with the probability of a label, or else of the whole prediction."""
        shares = self.confidence[rows] if label is None else self.probabilities[rows, label]
        return ClassifiedPictures(
            places=self.places[rows].tolist(),
            names=[self.names[row] for row in rows.tolist()],
            labels=[self._text(one) for one in self.truth[rows]],
            predicted=[self._text(one) for one in self.answers[rows]],
            probabilities=shares.tolist(),
        )

    def _kinds(self, label: int) -> dict[Kind, NDArray[np.bool_]]:
        there, found = self.truth[:, label], self.answers[:, label]
        return {"missed": there & ~found, "wrong": ~there & found, "found": there & found}

    def _counts(self, evaluation: LabelEvaluation) -> list[LabelCounts]:
        return [
            LabelCounts(
                threshold=one.threshold,
                **{kind: int(rows.sum()) for kind, rows in self._kinds(label).items()},
                precision_fraction=one.precision_fraction,
                recall_fraction=one.recall_fraction,
                f1_fraction=one.f1_fraction,
                average_precision=one.average_precision,
            )
            for label, one in enumerate(evaluation.classes)
        ]

    def _text(self, there: NDArray[np.bool_]) -> str:
        return joined(self.classes[label] for label in np.flatnonzero(there).tolist())


def score(classifier: Classifier, data: Data, part: PartOrAll) -> ScoredPictures:
    """Classify labelled pictures.

    Args:
        classifier: The model.
        data: A source, as for `Classifier.evaluate`.
        part: The part of the source, or `all`.

    Raises:
        DataError: The source cannot be used, has a class that the model does not have, or has no such part.
    """
    selection = select(data, classifier.model, part)
    return ScoredPictures(
        names=tuple(selection.store.names[int(index)] for index in selection.indices),
        places=selection.positions,
        truth=selection.target.indicators(selection.labels),
        probabilities=classifier.probabilities_at(selection.store.pictures, selection.indices),
        classes=classifier.classes,
        thresholds=classifier.model.thresholds,
        notes=selection.notes,
    )


def _descending(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(-values, kind="stable")
