"""A model's answers to labelled pictures, in the order in which a person wants to see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from convscope.model.evaluation import Evaluation, evaluate
from convscope.model.selection import select
from convscope.studio.mistakes.documents import ClassifiedPictures, Figures
from convscope.studio.mistakes.scored_labels import ScoredLabels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.selection import PartOrAll
    from convscope.pictures.sources import Data

Order = Literal["worst", "uncertain"]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPictures:
    """The probabilities that a model gives to labelled pictures.

    Attributes:
        names: Of the pictures.
        places: (n,) the index of each in its source.
        labels: (n,) the class each is labelled with, an index into `classes`.
        probabilities: (n, classes); every row sums to 1.
        classes: The model's.
        notes: What people should know about the selection, in short sentences.
    """

    names: tuple[str, ...]
    places: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    classes: Sequence[str]
    notes: tuple[str, ...] = ()

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each, (n,)."""
        return self.probabilities.argmax(axis=1)

    def evaluation(self) -> Evaluation:
        """Return accuracy, confusion matrix and other figures."""
        return evaluate(self.probabilities, self.labels, self.classes)

    def cell(self, truth: int, predicted: int) -> NDArray[np.int64]:
        """Return the rows of one cell of the confusion matrix, the most confident answers first."""
        rows = np.flatnonzero((self.labels == truth) & (self.predicted == predicted))
        return rows[_descending(self.probabilities[rows, predicted])]

    def worst(self) -> NDArray[np.int64]:
        """Return the rows with a wrong answer, the most confident first."""
        predicted = self.predicted
        wrong = np.flatnonzero(predicted != self.labels)
        return wrong[_descending(self.probabilities[wrong, predicted[wrong]])]

    def uncertain(self) -> NDArray[np.int64]:
        """Return all rows by the entropy of their probabilities, - sum over k of p[k] ln p[k], largest first.

        It is 0 if one class has probability 1, and ln(classes) if all have the same.

        Source: C. E. Shannon, "A mathematical theory of communication", 1948, section 6.
        """
        p = self.probabilities
        logarithms = np.log(p, out=np.zeros_like(p), where=p > 0)
        return _descending(-(p * logarithms).sum(axis=1))

    def ordered(self, order: Order) -> NDArray[np.int64]:
        """Return the worst mistakes, or all rows with the most uncertain first."""
        return self.worst() if order == "worst" else self.uncertain()

    def figures(self) -> Figures:
        """Return the figures as a page shows them."""
        evaluation = self.evaluation()
        return Figures(
            pictures=evaluation.pictures,
            correct=evaluation.correct,
            accuracy_fraction=evaluation.accuracy_fraction,
            accuracy_interval=evaluation.accuracy_interval,
            classes=[*self.classes],
            confusion=[[*row] for row in evaluation.confusion],
            notes=[*self.notes],
        )

    def shown(self, rows: NDArray[np.int64]) -> ClassifiedPictures:
        """Return rows as a page shows them."""
        predicted = self.predicted[rows]
        return ClassifiedPictures(
            places=self.places[rows].tolist(),
            names=[self.names[row] for row in rows.tolist()],
            labels=[self.classes[int(label)] for label in self.labels[rows]],
            predicted=[self.classes[int(label)] for label in predicted],
            probabilities=self.probabilities[rows, predicted].tolist(),
        )


def score(classifier: Classifier, data: Data, part: PartOrAll) -> ScoredPictures | ScoredLabels:
    """Classify labelled pictures.

    Args:
        classifier: The model.
        data: A source, as for `Classifier.evaluate`.
        part: The part of the source, or `all`.

    Raises:
        DataError: The source cannot be used, has a class that the model does not know, or has no such part.
    """
    selection, thresholds = select(data, classifier.model, part), classifier.model.thresholds
    names = tuple(selection.store.names[int(index)] for index in selection.indices)
    probabilities = classifier.probabilities_at(selection.store.pictures, selection.indices)
    if thresholds is None:
        return ScoredPictures(
            names, selection.positions, selection.labels, probabilities, classifier.classes, selection.notes
        )
    return ScoredLabels(
        names,
        selection.positions,
        selection.target.indicators(selection.labels),
        probabilities,
        classifier.classes,
        thresholds,
        selection.notes,
    )


def _descending(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(-values, kind="stable")
