from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, multinomial
from sklearn.metrics import average_precision_score

from convscope.classifier import Classifier
from convscope.comparison import compare, mcnemar, paired_interval
from convscope.errors import DataError, SettingError

COUNTS = st.integers(0, 60)

pytestmark = pytest.mark.usefixtures("cache")


@given(COUNTS, COUNTS)
def test_mcnemar_is_scipys_binomial_test(only_first, only_second):
    tosses = only_first + only_second
    expected = binomtest(only_first, tosses).pvalue if tosses else 1.0
    assert mcnemar(only_first, only_second) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_takes_large_numbers():
    assert mcnemar(20_000, 20_400) == pytest.approx(binomtest(20_000, 40_400).pvalue, rel=1e-6)
    assert mcnemar(0, 5_000) == 0.0


@given(COUNTS, COUNTS, st.integers(1, 500))
def test_the_interval_holds_the_difference_and_mirrors(only_first, only_second, both):
    pictures = only_first + only_second + both
    low, high = paired_interval(only_first, only_second, pictures)
    assert -1 <= low < high <= 1
    assert paired_interval(only_second, only_first, pictures) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("first", "second"), [(0.05, 0.05), (0.1, 0.2), (0.02, 0.08)])
def test_the_interval_covers_the_truth_as_often_as_it_says(first, second):
    """Computed over all outcomes for 60 pictures, each with its probability."""
    pictures, covered = 60, 0.0
    outcomes = multinomial(pictures, [first, second, 1 - first - second])
    for b in range(pictures + 1):
        for c in range(pictures + 1 - b):
            low, high = paired_interval(b, c, pictures)
            if low <= second - first <= high:
                covered += outcomes.pmf([b, c, pictures - b - c])
    assert 0.94 <= covered <= 0.99


@pytest.fixture
def opposite(brightness):
    """A model with the opposite predictions, which is less confident."""
    weights = {name: -weight / 2 for name, weight in brightness.weights.items()}
    return Classifier(replace(brightness, weights=weights))


def test_two_models_on_the_same_pictures(brightness, opposite, pets):
    """The first classifies 18 of 20 pictures correctly (see conftest), the second the other 2."""
    found = compare(Classifier(brightness), opposite, pets, "all")
    assert (found.pictures, found.only_first, found.only_second) == (20, 18, 2)
    assert (found.first_accuracy_fraction, found.second_accuracy_fraction) == (0.9, 0.1)
    assert found.difference_fraction == -0.8
    assert found.p_value == mcnemar(18, 2)
    assert found.difference_interval == paired_interval(18, 2, 20)
    assert len(found.flips) == 20
    mislaid = [flip for flip in found.flips if flip.second == flip.truth]
    assert sorted(flip.picture for flip in mislaid) == [f"{pets}/dark/0.png", f"{pets}/dark/1.png"]
    assert all(flip.first_probability > flip.second_probability > 0.5 for flip in found.flips)


def test_classes_are_matched_by_name(brightness, pets):
    """The same model with its classes in reverse order gives the same predictions."""
    swapped = replace(
        brightness,
        classes=brightness.classes[::-1],
        weights={name: np.ascontiguousarray(weight[::-1]) for name, weight in brightness.weights.items()},
    )
    found = compare(Classifier(brightness), Classifier(swapped), pets, "all")
    assert found.flips == ()
    assert found.p_value == 1
    assert found.difference_fraction == 0


def test_a_model_with_its_own_size_of_pictures(brightness, make_model, pets):
    other = replace(make_model("4C3-MP2", (3, 12, 12), classes=2), classes=("bright", "dark"))
    found = compare(Classifier(brightness), Classifier(other), pets)
    assert found.pictures == 4
    assert any("sets aside" in note for note in found.notes)


def test_a_class_that_one_model_does_not_know(brightness, make_model, pets):
    with pytest.raises(DataError, match="does not know the class"):
        compare(Classifier(brightness), Classifier(make_model()), pets)


def test_models_of_several_labels_are_right_if_all_labels_are(make_model):
    random = np.random.default_rng(2)
    pictures = random.integers(0, 256, (40, 8, 8, 3), np.uint8)
    sets = [[f"class {k}" for k in range(3) if random.random() < 0.4] for _ in pictures]
    models = [Classifier(make_model("4C3-MP2", seed=seed, thresholds=(0.5, 0.3, 0.6))) for seed in (1, 2)]
    found = compare(*models, (pictures, sets), "all")
    truth = np.array([[f"class {k}" in members for k in range(3)] for members in sets])
    shares = [one.predict_proba(list(pictures)) for one in models]
    right = [((rows >= (0.5, 0.3, 0.6)) == truth).all(axis=1) for rows in shares]
    assert found.only_first == (right[0] & ~right[1]).sum()
    assert found.only_second == (right[1] & ~right[0]).sum()
    expected = [average_precision_score(truth, rows, average="macro") for rows in shares]
    precisions = found.first_mean_average_precision, found.second_mean_average_precision
    assert precisions == pytest.approx(expected)
    for flip in found.flips:
        assert flip.truth == ";".join(sets[flip.place])
        answers = [rows[flip.place] >= (0.5, 0.3, 0.6) for rows in shares]
        texts = [";".join(f"class {k}" for k in np.flatnonzero(one)) for one in answers]
        assert [flip.first, flip.second] == texts


def test_a_model_of_labels_and_one_of_a_class_are_not_compared(make_model, pets):
    models = Classifier(make_model()), Classifier(make_model(thresholds=(0.5,) * 3))
    with pytest.raises(SettingError, match="cannot be compared"):
        compare(*models, pets)
