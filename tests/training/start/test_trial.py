import numpy as np

from convscope.training.start.gain import Gain
from convscope.training.start.trial import hold_out, sentence


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
    assert len(hold_out(labels, np.arange(3_000), 0, most=300)) == 300


def test_both_shares_are_told():
    gain = Gain(np.arange(10) < 9, np.ones(10, bool))
    assert "learned features recognise 90.0 %, a network from scratch 100.0 %" in sentence(gain)
