from types import SimpleNamespace

import numpy as np
import pytest
import torch

from convscope.training.settings import Settings
from convscope.training.start import trial
from convscope.training.start.gain import Gain
from convscope.training.start.trial import held_out_parts, hold_out, sentence, time_limit, try_from_scratch


def test_groups_stay_together_and_every_class_can_be_learned():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 200)
    labels = groups % 3
    held_out = hold_out(labels, groups, seed=0)
    kept = np.setdiff1d(np.arange(200), held_out)
    assert not set(groups[held_out]) & set(groups[kept])
    assert set(labels[kept]) == {0, 1, 2}
    assert 30 <= len(held_out) <= 70


def test_a_class_of_one_picture_is_never_held_out():
    labels = np.array([0] * 8 + [1] * 8 + [2])
    for seed in range(8):
        assert 16 not in hold_out(labels, np.arange(17), seed)


def test_no_more_are_held_out_than_needed():
    labels = np.arange(3_000) % 2
    assert len(hold_out(labels, np.arange(3_000), 0)) == 750
    assert {len(part) for part in held_out_parts(labels, np.arange(3_000), 0, most=300)} == {300}


def test_the_parts_hold_every_picture_out_once():
    labels = np.arange(43) % 3
    parts = list(held_out_parts(labels, np.arange(43), 0))
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(43))


@pytest.fixture
def tried(monkeypatch):
    """A trial in which networks from scratch recognise all; returns the gain and the training set sizes."""

    def run(count, recognised):
        labels, sizes = np.arange(count) % 2, []

        def trained(_store, indices, *_):
            sizes.append(len(indices))
            answers = torch.eye(2)[labels]
            return SimpleNamespace(evaluator=SimpleNamespace(predict=lambda held_out: answers[held_out]))

        monkeypatch.setattr(trial, "_trained", trained)
        learned = SimpleNamespace(labels=labels, groups=np.arange(count), is_recognised=recognised)
        indices = np.arange(count)
        return try_from_scratch(None, indices, learned, Settings(), None, 1.0), sizes

    return run


def test_a_clear_difference_needs_one_part(tried):
    gain, sizes = tried(40, np.arange(40) % 4 == 0)
    assert (len(gain.before), sizes) == (10, [30])
    assert gain.pays


def test_few_pictures_are_all_held_out_where_the_difference_is_not_clear(tried):
    gain, sizes = tried(40, np.ones(40, bool))
    assert (gain.fractions, len(gain.before), sizes) == ((1.0, 1.0), 40, [30] * 4)
    assert not gain.pays


def test_many_pictures_need_one_part_or_two(tried):
    for count, parts in ((2_000, 1), (500, 2)):
        assert len(tried(count, np.ones(count, bool))[1]) == parts


def test_the_limit_is_that_of_learned_features_but_for_small_pictures():
    assert [time_limit(seconds, small=small) for seconds in (8, 300) for small in (False, True)] == [
        *(8, 60),
        *(60, 300),
    ]


def test_both_shares_are_told():
    gain = Gain(np.arange(10) < 9, np.ones(10, bool))
    assert "learned features recognise 90.0 %, a network from scratch 100.0 %" in sentence(gain)
