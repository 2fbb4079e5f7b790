"""What a model says about labelled pictures, put in the order in which a person wants to see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from convscope.model.evaluation import Evaluation, evaluate
from convscope.model.selection import select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.selection import Judged
    from convscope.pictures.sources import Data

Order = Literal["worst", "uncertain"]


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """The probabilities that a model gives some pictures.

    Attributes:
        names: Of the pictures.
        places: (n,) where each stands among the source's pictures, from 0.
        labels: (n,) the classes they are under, places in `classes`.
        probabilities: (n, classes); every row sums to 1.
        classes: The model's.
        notes: What people should know about the pictures looked at, in short sentences.
    """

    names: tuple[str, ...]
    places: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    classes: Sequence[str]
    notes: tuple[str, ...] = ()

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(n,) the most probable class of each."""
        return self.probabilities.argmax(axis=1)

    def evaluation(self) -> Evaluation:
        """The figures, the confusion matrix among them."""
        return evaluate(self.probabilities, self.labels, self.classes)

    def cell(self, truth: int, predicted: int) -> NDArray[np.int64]:
        """Rows of one cell of the confusion matrix, those that the model is surest of first."""
        found = np.flatnonzero((self.labels == truth) & (self.predicted == predicted))
        return found[_descending(self.probabilities[found, predicted])]

    def worst(self) -> NDArray[np.int64]:
        """Rows with a wrong answer, those that the model is surest of first."""
        predicted = self.predicted
        wrong = np.flatnonzero(predicted != self.labels)
        return wrong[_descending(self.probabilities[wrong, predicted[wrong]])]

    def uncertain(self) -> NDArray[np.int64]:
        """All rows, by the entropy of their probabilities, H = - sum over k of p[k] ln p[k], largest first.

        It is 0 if one class has all the probability and ln(classes) if all have the same.

        Source: C. E. Shannon, "A mathematical theory of communication", 1948, section 6.
        """
        shares = self.probabilities
        logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
        return _descending(-(shares * logarithms).sum(axis=1))

    def ordered(self, order: Order) -> NDArray[np.int64]:
        """The worst mistakes, or all rows with the most uncertain first."""
        return self.worst() if order == "worst" else self.uncertain()


def judge(classifier: Classifier, data: Data, part: Judged) -> Judgement:
    """Let a model look at labelled pictures.

    Args:
        classifier: The model.
        data: A source, as for `Classifier.evaluate`.
        part: The part of the source to look at, or `all`.

    Raises:
        DataError: The source cannot be used, has a class that the model does not know, or has no such part.
    """
    chosen = select(data, classifier.model, part)
    return Judgement(
        names=tuple(chosen.store.names[int(index)] for index in chosen.indices),
        places=chosen.places,
        labels=chosen.labels,
        probabilities=classifier.probabilities_at(chosen.store.pictures, chosen.indices),
        classes=classifier.classes,
        notes=chosen.notes,
    )


def _descending(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(-values, kind="stable")
