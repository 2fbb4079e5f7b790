import numpy as np
import pytest

from convscope.training.start.gain import Gain


def test_the_standard_error_is_that_of_paired_shares():
    rng = np.random.default_rng(0)
    before, after = rng.random(400) < 0.8, rng.random(400) < 0.85
    gain = Gain(before, after)
    repeats = rng.integers(0, 400, (4_000, 400))
    resampled = after[repeats].mean(axis=1) - before[repeats].mean(axis=1)
    assert gain.difference == pytest.approx(after.mean() - before.mean())
    assert gain.standard_error == pytest.approx(resampled.std(), rel=0.05)


@pytest.mark.parametrize(
    ("better", "worse", "pays"), [(5, 0, True), (5, 1, True), (3, 2, False), (0, 0, False)]
)
def test_it_pays_beyond_the_standard_error_only(better, worse, pays):
    changes = np.repeat([1, -1, 0], [better, worse, 100 - better - worse])
    assert Gain(changes <= 0, changes >= 0).pays is pays


@pytest.mark.parametrize(
    ("better", "worse", "clear"), [(9, 0, True), (0, 9, True), (4, 1, False), (0, 0, False)]
)
def test_it_is_clear_beyond_two_standard_errors(better, worse, clear):
    changes = np.repeat([1, -1, 0], [better, worse, 100 - better - worse])
    assert Gain(changes <= 0, changes >= 0).is_clear is clear
