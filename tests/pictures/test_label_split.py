import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.pictures.label_split import set_aside


def drawn(count, labels, share, seed):
    random = np.random.default_rng(seed)
    return random.random((count, labels)) < share, random.permutation(count)


@pytest.mark.parametrize("seed", range(5))
def test_each_label_is_on_both_sides_in_its_share(seed):
    indicators, order = drawn(2_000, 12, np.linspace(0.01, 0.6, 12), seed)
    aside = set_aside(indicators, order, 0.2)
    shares = indicators[aside].sum(axis=0) / indicators.sum(axis=0)
    assert abs(aside.mean() - 0.2) < 0.03
    np.testing.assert_allclose(shares, 0.2, atol=0.08)
    none = ~indicators.any(axis=1)
    assert abs(aside[none].mean() - 0.2) < 0.15


def test_rare_labels_are_spread_better_than_by_chance():
    indicators, order = drawn(1_000, 20, 0.01, 0)
    counts = indicators[set_aside(indicators, order, 0.2)].sum(axis=0)
    by_chance = indicators[order[:200]].sum(axis=0)
    wanted = 0.2 * indicators.sum(axis=0)
    assert np.abs(counts - wanted).max() <= 1.01 < np.abs(by_chance - wanted).max()


def test_a_label_of_one_picture_is_learned_from():
    indicators = np.zeros((100, 2), bool)
    indicators[::2, 0] = indicators[7, 1] = True
    assert not set_aside(indicators, np.arange(100), 0.2)[7]


@given(st.integers(1, 60), st.integers(1, 6), st.integers(0, 99))
def test_which_pictures_does_not_depend_on_how_they_are_numbered(count, labels, seed):
    indicators, order = drawn(count, labels, 0.3, seed)
    renamed = np.random.default_rng(seed + 1).permutation(count)
    place = np.argsort(renamed)
    aside = set_aside(indicators[renamed], place[order], 0.25)
    np.testing.assert_array_equal(set_aside(indicators, order, 0.25)[renamed], aside)
