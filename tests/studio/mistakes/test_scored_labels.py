"""Mistakes with several labels per picture, compared with scikit-learn."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import accuracy_score, average_precision_score, multilabel_confusion_matrix

from convscope.studio.mistakes.scored import ScoredPictures

THRESHOLDS = (0.5, 0.2, 0.8)


@pytest.fixture
def scored():
    random = np.random.default_rng(7)
    return ScoredPictures(
        names=tuple(f"{number}.png" for number in range(60)),
        places=np.arange(100, 160),
        truth=random.random((60, 3)) < 0.4,
        probabilities=random.random((60, 3)),
        classes=("red", "round", "soft"),
        thresholds=THRESHOLDS,
    )


def test_each_label_is_counted_as_scikit_learn_counts(scored):
    figures = scored.figures()
    expected = multilabel_confusion_matrix(scored.truth, scored.answers)
    counted = [[one.wrong, one.missed, one.found] for one in figures.labels]
    assert counted == [[table[0, 1], table[1, 0], table[1, 1]] for table in expected]
    assert figures.accuracy_fraction == accuracy_score(scored.truth, scored.answers)
    assert figures.mean_average_precision == pytest.approx(
        average_precision_score(scored.truth, scored.probabilities, average="macro")
    )
    assert figures.confusion == []


def test_the_lists_of_a_label_are_as_long_as_counted_and_the_clearest_come_first(scored):
    for label, one in enumerate(scored.figures().labels):
        for kind, count in (("found", one.found), ("missed", one.missed), ("wrong", one.wrong)):
            shown = scored.shown(scored.of_label(label, kind), label)
            assert len(shown.places) == count
            assert shown.probabilities == sorted(shown.probabilities, reverse=kind != "missed")
            name = scored.classes[label]
            assert all((name in text.split(";")) == (kind != "wrong") for text in shown.labels)
            assert all((name in text.split(";")) == (kind != "missed") for text in shown.predicted)


def test_the_worst_are_those_with_any_label_wrong_by_the_confidence_of_the_whole_answer(scored):
    rows = scored.worst()
    assert sorted(rows.tolist()) == np.flatnonzero((scored.answers != scored.truth).any(axis=1)).tolist()
    shown = scored.shown(rows)
    assert shown.probabilities == sorted(shown.probabilities, reverse=True)
    first = rows[0]
    shares = np.where(scored.answers[first], scored.probabilities[first], 1 - scored.probabilities[first])
    assert shown.probabilities[0] == pytest.approx(shares.prod())


def test_the_uncertain_come_by_the_entropy_of_all_their_labels(scored):
    both = np.stack([scored.probabilities, 1 - scored.probabilities])
    of_pictures = entropy(both, axis=0).sum(axis=1)
    np.testing.assert_array_equal(scored.uncertain(), np.argsort(-of_pictures, kind="stable"))
