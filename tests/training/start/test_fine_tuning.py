"""Fine-tuning a tiny backbone on pictures whose classes differ in something its features lack."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from convscope.network.backbones import design
from convscope.network.notation import parse
from convscope.pictures.preparation import Preparation
from convscope.pictures.split import Split
from convscope.pictures.store import Catalogue
from convscope.training.data.training_data import training_data
from convscope.training.events import EpochDone, StepDone
from convscope.training.runs.checkpoint import Checkpoints
from convscope.training.start import fine_tuning, layer_rates
from convscope.training.start.backbone import Backbone
from convscope.training.start.fine_tuning import FineTuning
from convscope.training.start.learning import learn
from convscope.training.start.tuning_inputs import CachedInputs, PictureInputs
from convscope.training.start.tuning_task import tuning_task

SIZE = Preparation(3, 12, 12)
BLOCKS = tuple((layer,) for layer in parse("4C3s2o-(D3r6-4C1l)+-6C3"))
COUNT = 160


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    """A backbone with random filters."""
    layers = {"blocks": BLOCKS, "last": parse("8C1r6"), "joinable": (0, 1), "tuned_from": 2}
    tiny = Backbone(replace(design("lite0"), name="tiny", **layers), (0, 1), SIZE, {}, "12ab")
    random = np.random.default_rng(0)
    parameters = tiny.design.chain(SIZE.shape).parameters
    return replace(
        tiny,
        weights={name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in parameters.items()},
    )


@pytest.fixture(scope="module")
def task(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory):
    """Vertical red and horizontal blue stripes, or the other way round."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVSCOPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        random = np.random.default_rng(1)
        labels = np.arange(COUNT) % 2
        pictures = random.integers(60, 120, (COUNT, 12, 12, 3)).astype(np.uint8)
        is_standing = random.random(COUNT) < 0.5
        channel = np.where(is_standing ^ (labels == 1), 0, 2)
        for picture, stands, one in zip(pictures, is_standing, channel, strict=True):
            (picture.transpose(1, 0, 2) if stands else picture)[::2, :, one] += 100
        digests = random.integers(0, 256, (COUNT, 16), np.uint8)
        names = [f"{n}.png" for n in range(COUNT)]
        catalogue = Catalogue(labels, digests, ("red", "blue"), names, (None,) * COUNT, (), SIZE, ())
        store = catalogue.store(np.arange(COUNT), pictures)
        none = np.zeros(0, np.int64)
        data = training_data(store, Split(np.arange(COUNT), none, none, ()))
        learned = learn(store, np.arange(COUNT), backbone, seed=0)
        yield tuning_task(data, learned, backbone, seed=0, minutes=None)


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(tensor, other[name]) for name, tensor in one.items())


def test_a_part_is_held_out_and_the_head_has_not_seen_it(task):
    split = task.data.kept.split
    assert len(split.train) + len(split.validation) == COUNT
    assert not set(split.train) & set(split.validation)
    assert len(task.recognised) == len(split.validation) == COUNT // 4


def test_cached_activations_answer_as_the_pictures_do(task):
    tuning = FineTuning(task)
    held_out = task.data.kept.split.validation
    cached = CachedInputs(task.model, task.last_layers, task.data.kept.store, held_out)
    for flip in (False, True):
        logits = [
            tuning._predict(inputs, held_out, flip=flip).numpy()
            for inputs in (cached, PictureInputs(task.data))
        ]
        np.testing.assert_allclose(*logits, rtol=0.02, atol=0.02)


def test_the_last_blocks_learn_first_and_then_all(task, monkeypatch):
    monkeypatch.setattr(fine_tuning, "MOST_EPOCHS", (2, 2))
    monkeypatch.setattr(fine_tuning.Gain, "pays", True)
    events = []
    tuning = FineTuning(task, [events.append])
    after_first = {}

    def note_first() -> None:
        if tuning.position.epoch == 2 and tuning.position.step == 0:
            after_first.update({n: t.detach().numpy().copy() for n, t in tuning.network.by_name.items()})

    assert tuning.run(save=note_first)
    first_layer = "convolution_1.weight"
    assert np.array_equal(after_first[first_layer], task.model.weights[first_layer])
    assert not np.array_equal(tuning.weights[first_layer], task.model.weights[first_layer])
    last_layer = task.model.chain.layers[-2].parameters
    assert not any(np.array_equal(after_first[name], task.model.weights[name]) for name in last_layer)
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2, 3, 4]
    assert {event.epochs for event in events if isinstance(event, StepDone)} == {4}


def test_a_stage_that_does_not_pay_is_undone_and_ends_it(task, monkeypatch):
    monkeypatch.setattr(fine_tuning, "MOST_EPOCHS", (2, 2))
    monkeypatch.setattr(fine_tuning.Gain, "pays", False)
    tuning = FineTuning(task)
    assert tuning.run()
    assert tuning.position.epoch == tuning.position.epochs == 2
    assert same(tuning.weights, task.model.weights)
    assert "does not help" in tuning.sentence


def test_it_learns_and_pays_where_the_head_knows_nothing(task, monkeypatch):
    monkeypatch.setattr(fine_tuning, "MOST_EPOCHS", (30, 2))
    monkeypatch.setattr(layer_rates, "_RATE", 0.01)
    monkeypatch.setattr(layer_rates, "_HEAD_RATE", 0.03)
    names = task.model.chain.output.parameters
    blank = {name: np.zeros_like(task.model.weights[name]) for name in names}
    model = replace(task.model, weights={**task.model.weights, **blank})
    events = []
    tuning = FineTuning(
        replace(task, model=model, recognised=np.zeros_like(task.recognised)), [events.append]
    )
    tuning.run()
    losses = [event.train_loss for event in events if isinstance(event, EpochDone)]
    assert losses[29] < 0.9 * np.log(2)
    assert tuning.gain.pays
    assert tuning.sentence.startswith("fine-tuning: ")


def test_without_time_nothing_is_tuned(task):
    tuning = FineTuning(replace(task, minutes=0.0))
    assert tuning.run()
    assert tuning.position.epochs == 0
    assert same(tuning.weights, task.model.weights)
    assert "no time" in tuning.sentence


@pytest.mark.parametrize("stop", [(0, 1), (1, 2), (2, 0), (3, 1)])
def test_it_goes_on_to_the_same_bits(task, tmp_path, monkeypatch, stop):
    monkeypatch.setattr(fine_tuning, "MOST_EPOCHS", (2, 2))
    monkeypatch.setattr(fine_tuning.Gain, "pays", True)
    whole = FineTuning(task)
    whole.run()
    stopped = FineTuning(task)
    reached = stopped.run(lambda: (stopped.position.epoch, stopped.position.step) >= stop)
    assert not reached
    Checkpoints(tmp_path).save(stopped)
    resumed = FineTuning(task)
    assert Checkpoints(tmp_path).restore(resumed) == ()
    assert resumed.position == stopped.position
    assert resumed.run()
    assert same(resumed.weights, whole.weights)
    assert np.array_equal(resumed.recognised, whole.recognised)
    assert all(torch.equal(tensor, whole.state()[name]) for name, tensor in resumed.state().items())
