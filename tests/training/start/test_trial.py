from types import SimpleNamespace

import numpy as np
import pytest
import torch

from convscope.errors import DataError
from convscope.training.machine.machine import Machine
from convscope.training.settings import Settings
from convscope.training.start import trial
from convscope.training.start.gain import Gain
from convscope.training.start.trial import held_out_parts, hold_out, sentence, try_from_scratch


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
    """A trial with networks that classify some pictures correctly; returns it and the training set sizes."""

    def run(is_recognised, is_enough):
        count, sizes = len(is_recognised), []
        labels = np.arange(count) % 2

        def trained(_store, indices, *_):
            sizes.append(len(indices))
            answers = torch.eye(2)[np.where(is_recognised, labels, 1 - labels)]
            return SimpleNamespace(evaluator=SimpleNamespace(predict=lambda held_out: answers[held_out]))

        monkeypatch.setattr(trial, "_trained", trained)
        split = SimpleNamespace(train=np.arange(count), groups=None)
        data = SimpleNamespace(kept=SimpleNamespace(store=SimpleNamespace(labels=labels), split=split))
        return try_from_scratch(data, Settings(), None, 1.0, is_enough), sizes

    return run


def learned(is_recognised):
    """A head that classifies some of the pictures correctly."""
    return SimpleNamespace(labels=np.arange(len(is_recognised)) % 2, is_recognised=is_recognised)


def test_no_more_quarters_are_held_out_than_needed(tried):
    head = learned(np.arange(40) % 4 == 0)
    found, sizes = tried(np.ones(40, bool), lambda trial: trial.gain_over(head).is_clear)
    assert (len(found.held_out), sizes) == (10, [30])
    assert found.gain_over(head).pays


def test_each_picture_is_answered_by_a_network_that_did_not_learn_from_it(tried):
    is_recognised = np.random.default_rng(0).random(40) < 0.7
    found, sizes = tried(is_recognised, lambda trial: trial.has_many)
    assert sizes == [30] * 4
    assert np.array_equal(np.sort(found.held_out), np.arange(40))
    assert np.array_equal(found.is_recognised, is_recognised[found.held_out])
    assert np.array_equal(found.labels, found.held_out % 2)
    gain = found.gain_over(learned(np.ones(40, bool)))
    assert gain.fractions == (1, is_recognised.mean())
    assert not gain.pays


def test_many_pictures_need_one_quarter_or_two(tried):
    for count, quarters in ((2_000, 1), (500, 2)):
        assert len(tried(np.ones(count, bool), lambda trial: trial.has_many)[1]) == quarters


def test_good_enough_are_19_of_20_of_a_hundred_pictures(tried):
    def found(count, missed):
        return tried(np.arange(count) >= missed, lambda trial: trial.has_many)[0]

    assert found(100, 5).is_good_enough
    assert not found(100, 6).is_good_enough
    assert not found(99, 0).is_good_enough


def test_pictures_that_changed_meanwhile_are_not_compared(tried):
    found, _ = tried(np.ones(40, bool), lambda trial: trial.has_many)
    for other in (learned(np.ones(39, bool)), SimpleNamespace(labels=np.zeros(40, int))):
        with pytest.raises(DataError, match="have changed during the trial"):
            found.gain_over(other)


def test_both_shares_are_told():
    gain = Gain(np.arange(10) < 9, np.ones(10, bool))
    assert "pretrained features recognise 90.0 %, a network from scratch 100.0 %" in sentence(gain)


def test_easy_pictures_end_a_trial_sooner(make_data):
    noise = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), np.uint8)

    def epochs(data):
        events = []
        settings, machine = Settings(network="4C3-MP2"), Machine(precision="fp32")
        try_from_scratch(data, settings, machine, 60, lambda _: True, [events.append])
        return len(events)

    easy, impossible = make_data(), make_data(noise, np.arange(60) % 3)
    assert epochs(easy) < epochs(impossible) / 2
