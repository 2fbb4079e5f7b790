"""Compare two classifiers by their predictions for the same pictures.

Pictures that both classify correctly, or both incorrectly, carry no information about their difference. Only
the others matter: b that only the first classifies correctly, c that only the second does. A picture with
several labels is correct if all of them are.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.errors import DataError, SettingError
from convscope.model.evaluation import NORMAL_QUANTILE
from convscope.model.label_evaluation import evaluate_labels
from convscope.model.selection import select

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.selection import PartOrAll, Selection
    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources import Data


@dataclass(frozen=True, slots=True)
class Flip:
    """A picture for which the two predictions differ.

    Attributes:
        picture: Its name.
        place: Its index in the source.
        truth: Its class, or its labels as one text, `red;round`.
        first: The class or labels predicted by the first classifier.
        first_probability: The confidence of this prediction, 0 to 1.
        second: The class or labels predicted by the second classifier.
        second_probability: The confidence of this prediction.
    """

    picture: str
    place: int
    truth: str
    first: str
    first_probability: float
    second: str
    second_probability: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two classifiers on the same pictures.

    Attributes:
        pictures: Number of pictures.
        first_accuracy_fraction: Accuracy of the first.
        second_accuracy_fraction: Accuracy of the second.
        difference_fraction: Accuracy of the second minus accuracy of the first.
        difference_interval: The 95 % confidence interval of that difference (`paired_interval`).
        only_first: Number of pictures that only the first classifies correctly.
        only_second: Number of pictures that only the second classifies correctly.
        p_value: p-value of McNemar's exact test (`mcnemar`).
        flips: The pictures with different predictions, in the source's order; both may be wrong.
        first_mean_average_precision: The first's mAP with several labels; None with one class per picture.
        second_mean_average_precision: The second's mAP.
        notes: Remarks on the pictures, in short sentences.
    """

    pictures: int
    first_accuracy_fraction: float
    second_accuracy_fraction: float
    difference_fraction: float
    difference_interval: tuple[float, float]
    only_first: int
    only_second: int
    p_value: float
    flips: tuple[Flip, ...]
    first_mean_average_precision: float | None = None
    second_mean_average_precision: float | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; never NaN."""
        return asdict(self)


def compare(
    first: Classifier,
    second: Classifier,
    data: Data,
    part: PartOrAll = "test",
    *,
    progress: Progress | None = None,
) -> Comparison:
    """Compare two classifiers on labelled pictures that neither should have been trained on.

    Args:
        first: The baseline.
        second: The other classifier.
        data: A source, as for `Classifier.evaluate`. Each classifier gets its pictures in its own size.
        part: The part of the source to evaluate on, or `all`.
        progress: Called with (pictures prepared, pictures in total), for one classifier after the other.

    Raises:
        DataError: The source cannot be used, has a class that one of the models does not have, or changed
            while it was read.
        SettingError: One of them predicts several labels per picture, the other one class.
    """
    if first.model.has_several_labels != second.model.has_several_labels:
        raise SettingError(
            "these two models cannot be compared",
            why="one gives several labels per picture, the other one class",
            remedy="give two models of the same kind",
        )
    selections = [select(data, one.model, part, progress=progress) for one in (first, second)]
    _check_same(*selections)
    texts = selections[0].target.names
    truth = [texts[label] for label in selections[0].labels.tolist()]
    names = [selections[0].store.names[index] for index in selections[0].indices.tolist()]
    places = selections[0].positions.tolist()
    shares = [
        one.probabilities_at(seen.store.pictures, seen.indices)
        for one, seen in zip((first, second), selections, strict=True)
    ]
    answers = [[one.as_one(row) for row in rows] for one, rows in zip((first, second), shares, strict=True)]
    flips = tuple(
        Flip(name, place, true, *one, *other)
        for name, place, true, one, other in zip(names, places, truth, *answers, strict=True)
        if one[0] != other[0]
    )
    right = [_right(given, truth) for given in answers]
    found = _comparison(right[0], right[1], flips, selections[0].notes)
    precisions = [
        _mean_average_precision(one, rows, seen)
        for one, rows, seen in zip((first, second), shares, selections, strict=True)
    ]
    return replace(
        found, first_mean_average_precision=precisions[0], second_mean_average_precision=precisions[1]
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test: is one classifier more accurate?

    If both are equally good, each picture that only one classifies correctly is a coin toss: of n = b + c
    such pictures, the weaker one wins k or fewer with probability sum over i <= k of (n choose i) / 2^n,
    doubled for two sides. Unlike the chi-squared form, it is exact for small numbers.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", 1947.

    Example:
        >>> mcnemar(1, 4), mcnemar(3, 3)
        (0.375, 1.0)
    """
    tosses, tail, ways = only_first + only_second, 0, 1
    for heads in range(min(only_first, only_second) + 1):
        tail += ways
        ways = ways * (tosses - heads) // (heads + 1)  # next binomial coefficient, exact in integers
    return min(1.0, 2 * tail / 2**tosses)


def paired_interval(only_first: int, only_second: int, pictures: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two accuracies on the same pictures, second less first.

    With p = (b + 1) / (n + 2), q = (c + 1) / (n + 2) and z = 1.96: q - p ± z sqrt((p + q - (q -
    p)²) / (n + 2)), clipped to -1..1. The textbook interval, without the added ones and the two, is too
    narrow if few pictures differ, and empty if none does.

    Source: D. G. Bonett and R. M. Price, "Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data", 2012; recommended by M. W. Fagerland et al., "Recommended tests and
    confidence intervals for paired binomial proportions", 2014.

    Example:
        >>> low, high = paired_interval(4, 16, 100)
        >>> f"{low:.3f} {high:.3f}"
        '0.030 0.205'
    """
    first, second = ((count + 1) / (pictures + 2) for count in (only_first, only_second))
    difference = second - first
    half = NORMAL_QUANTILE * math.sqrt((first + second - difference**2) / (pictures + 2))
    return max(-1.0, difference - half), min(1.0, difference + half)


def _check_same(first: Selection, second: Selection) -> None:
    """Raise unless both read the same pictures: a file may be readable in only one size, or change."""
    seen = [one.store.digests[one.indices].tobytes() for one in (first, second)]
    if seen[0] != seen[1]:
        raise DataError(
            "the two models did not get the same pictures",
            why="some changed meanwhile, or can be read in one size only",
            remedy="try again, or leave out the pictures that cannot be read",
        )


def _mean_average_precision(
    classifier: Classifier, shares: NDArray[np.float64], selection: Selection
) -> float | None:
    thresholds = classifier.model.thresholds
    if thresholds is None:
        return None
    truth = selection.target.indicators(selection.labels)
    return evaluate_labels(shares, truth, classifier.classes, thresholds).mean_average_precision


def _right(answers: list[tuple[str, float]], truth: list[str]) -> NDArray[np.bool_]:
    return np.array([label == true for (label, _), true in zip(answers, truth, strict=True)])


def _comparison(
    first: NDArray[np.bool_], second: NDArray[np.bool_], flips: tuple[Flip, ...], notes: tuple[str, ...]
) -> Comparison:
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    return Comparison(
        pictures=len(first),
        first_accuracy_fraction=float(first.mean()),
        second_accuracy_fraction=float(second.mean()),
        difference_fraction=(only_second - only_first) / len(first),
        difference_interval=paired_interval(only_first, only_second, len(first)),
        only_first=only_first,
        only_second=only_second,
        p_value=mcnemar(only_first, only_second),
        flips=flips,
        notes=notes,
    )
