import numpy as np
import pytest

from convscope.doctor.diagnosis import diagnose
from convscope.errors import DataError
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store
from convscope.training.cross_validation import doubt_labels, out_of_fold
from convscope.training.events import EpochDone, Note
from convscope.training.fit import fit
from convscope.training.settings import Settings

SMALL = Settings(network="3C3-MP2", epochs=8, batch_size=4, precision="fp32", size=(8, 8), flip=False)

pytestmark = pytest.mark.usefixtures("cache")


@pytest.mark.slow
def test_planted_labels_are_doubted(tmp_path, paint):
    for place in range(40):
        paint(tmp_path / "dark" / f"{place}.png", 220 if place < 3 else 20, seed=place)
        paint(tmp_path / "bright" / f"{place}.png", 220, seed=100 + place)
    found = doubt_labels(diagnose(open_source(tmp_path)), SMALL)
    (finding,) = [one for one in found.findings if one.kind == "label suspect"]
    first = [found.source.items[place].name for (place,) in finding.groups[:3]]
    assert sorted(first) == [f"{tmp_path}/dark/{place}.png" for place in range(3)]
    assert all(text.startswith("rather bright, ") for text in finding.detail[:3])


def test_no_model_has_learned_from_what_it_judges_nor_from_a_copy(tmp_path, monkeypatch):
    pictures = np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8)
    store = build_store(open_source((pictures, ["a", "b"] * 15)), Preparation(1, 8, 8), folder=tmp_path)
    groups = np.arange(30) // 3
    learned = []
    learn = fit

    def watched(store, settings, indices, *, listeners):
        learned.append(indices)
        return learn(store, settings, indices, listeners=listeners)

    monkeypatch.setattr("convscope.training.fit.fit", watched)
    probabilities = out_of_fold(store, SMALL, groups)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    held_out = [np.setdiff1d(np.arange(30), indices) for indices in learned]
    assert sorted(np.concatenate(held_out).tolist()) == list(range(30))
    for indices, others in zip(learned, held_out, strict=True):
        assert not set(groups[indices]) & set(groups[others])


def test_a_class_of_copies_cannot_be_doubted(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    store = build_store(open_source((pictures, list("aaabbb"))), Preparation(1, 8, 8), folder=tmp_path)
    with pytest.raises(DataError, match="'b'"):
        out_of_fold(store, SMALL, np.array([0, 1, 2, 3, 3, 3]))


def test_copies_under_several_labels_may_leave_a_class_with_too_few(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    store = build_store(open_source((pictures, list("baaabb"))), Preparation(1, 8, 8), folder=tmp_path)
    with pytest.raises(DataError, match=r"(?s)'b' cannot be split.*copies"):
        out_of_fold(store, SMALL, np.array([2, 3, 2, 3, 5, 5]))


@pytest.mark.slow
def test_it_is_told_as_one_training_with_the_time_left(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8)
    store = build_store(open_source((pictures, ["a", "b"] * 15)), Preparation(1, 8, 8), folder=tmp_path)
    events = []
    out_of_fold(store, SMALL, np.arange(30), listeners=[events.append])
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.epoch for event in epochs] == list(range(1, 5 * SMALL.epochs + 1))
    assert {event.epochs for event in epochs} == {5 * SMALL.epochs}
    last_of_folds = [event.remaining_seconds for event in epochs[SMALL.epochs - 1 :: SMALL.epochs]]
    assert last_of_folds[-1] == pytest.approx(0, abs=1e-6)
    assert min(last_of_folds[:-1]) > 0
    told = [event.text for event in events if isinstance(event, Note)]
    assert told == [f"looking for wrong labels: model {number} of 5" for number in range(1, 6)]
