import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch

from convscope.errors import ConvscopeError, RunError
from convscope.training.learning.loop import Position
from convscope.training.run_files import CHECKPOINTS
from convscope.training.runs import checkpoint
from convscope.training.runs.checkpoint import Checkpoints
from convscope.training.runs.run_folder import remove_checkpoints


@pytest.fixture
def stopped(make_training):
    """A training stopped in its second epoch of five steps."""
    training = make_training(epochs=3)
    training.run(wants_stop=lambda: (training.position.epoch, training.position.step) == (1, 2))
    return training


def only(run):
    """Return the path of the only checkpoint."""
    (path,) = run.iterdir()
    return path


def at(training, epoch):
    training.position = replace(training.position, epoch=epoch)
    return training


def test_what_was_kept_comes_back(stopped, make_training, tmp_path):
    Checkpoints(tmp_path).save(stopped)
    restored = make_training(stopped.data, epochs=3)
    assert Checkpoints(tmp_path).restore(restored) == ()
    assert restored.position == stopped.position
    for part in (
        lambda one: one.network.state_dict(),
        lambda one: one.optimiser.state(),
        lambda one: one.ema.weights,
    ):
        assert all(torch.equal(tensor, part(restored)[name]) for name, tensor in part(stopped).items())
    for training in (stopped, restored):
        assert training.run()
        training.finish()
    after = restored.network.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in stopped.network.state_dict().items())


def test_without_a_checkpoint_nothing_happens(stopped, tmp_path):
    before = stopped.position
    assert Checkpoints(tmp_path).restore(stopped) == ()
    assert stopped.position == before


def test_the_newest_and_the_one_before_are_kept(stopped, tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for epoch in (0, 1, 2):
        checkpoints.save(at(stopped, epoch))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(CHECKPOINTS)
    Checkpoints(tmp_path).restore(at(stopped, 0))
    assert stopped.position.epoch == 2


def test_the_one_before_is_used_if_the_newest_is_damaged_and_the_next_takes_its_place(stopped, tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(at(stopped, 0))
    (good,) = tmp_path.iterdir()
    checkpoints.save(at(stopped, 1))
    (newest,) = set(tmp_path.iterdir()) - {good}
    newest.write_bytes(newest.read_bytes()[:-1] + b"!")
    again = Checkpoints(tmp_path)
    (note,) = again.restore(at(stopped, 2))
    assert newest.name in note
    assert "checksum" in note
    assert stopped.position.epoch == 0
    kept = good.read_bytes()
    again.save(at(stopped, 1))
    assert good.read_bytes() == kept
    assert Checkpoints(tmp_path).restore(at(stopped, 2)) == ()
    assert stopped.position.epoch == 1


def test_every_flipped_bit_is_noticed(stopped, tmp_path):
    Checkpoints(tmp_path).save(stopped)
    path = only(tmp_path)
    data = path.read_bytes()
    random = np.random.default_rng(0)
    for place in [*range(0, 64, 7), *random.integers(0, len(data), 200).tolist()]:
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(random.integers(8))
        path.write_bytes(flipped)
        with pytest.raises(RunError, match="cannot resume from"):
            Checkpoints(tmp_path).restore(stopped)


def test_a_finished_run_has_none_any_more(stopped, tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(stopped)
    checkpoints.save(stopped)
    remove_checkpoints(tmp_path)
    remove_checkpoints(tmp_path)
    assert list(tmp_path.iterdir()) == []


def rewrite(path, tensors, metadata):
    """Replace tensors and fields, with a correct checksum; None removes one."""
    with safetensors.safe_open(path, framework="pt") as file:
        fields = json.loads(file.metadata()["convscope"])
    kept = {
        name: tensor
        for name, tensor in {**safetensors.torch.load_file(path), **tensors}.items()
        if tensor is not None
    }
    text = json.dumps({**fields, **metadata})
    notes = {"convscope": text, "checksum": checkpoint._checksum(kept, text)}
    safetensors.torch.save_file(kept, path, notes)


PLACE = {"epochs": 3, "epoch": 1, "step": 2}


@pytest.mark.parametrize(
    ("tensors", "metadata"),
    [
        ({"momentum.blocks.0.weight": None}, {}),
        ({"network.blocks.0.weight": torch.zeros(1)}, {}),
        ({"ema.more": torch.zeros(1)}, {}),
        ({}, {"position": None}),
        ({}, {"position": {**PLACE, "step": 7}}),
        ({}, {"position": {**PLACE, "step": -1}}),
        ({}, {"position": {**PLACE, "epoch": 4}}),
        ({}, {"position": {**PLACE, "epochs": 10**9}}),
        ({}, {"position": {**PLACE, "elapsed_seconds": -1.0}}),
        ({}, {"format": "999"}),
        ({}, {"data_digest": "of other pictures"}),
    ],
)
def test_a_checkpoint_of_another_kind_is_refused_and_changes_nothing(stopped, tmp_path, tensors, metadata):
    Checkpoints(tmp_path).save(stopped)
    rewrite(only(tmp_path), tensors, metadata)
    stopped.position = before = Position(3)
    with pytest.raises(RunError, match="cannot resume from"):
        Checkpoints(tmp_path).restore(stopped)
    assert stopped.position == before


def test_what_is_rewritten_with_nothing_changed_is_taken(stopped, tmp_path):
    """This ensures that the test above does not pass because of a wrong checksum."""
    Checkpoints(tmp_path).save(stopped)
    rewrite(only(tmp_path), {}, {"position": PLACE})
    Checkpoints(tmp_path).restore(stopped)
    assert stopped.position == Position(**PLACE)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:0], lambda data: data[:-9], lambda data: b"\0" * 99 + data]
)
def test_a_damaged_checkpoint_is_refused(stopped, tmp_path, damage):
    Checkpoints(tmp_path).save(stopped)
    only(tmp_path).write_bytes(damage(only(tmp_path).read_bytes()))
    with pytest.raises(RunError, match="cannot resume from"):
        Checkpoints(tmp_path).restore(stopped)


def test_a_model_is_no_checkpoint(stopped, model_path):
    model_path.rename(model_path.parent / CHECKPOINTS[0])
    with pytest.raises(RunError, match="cannot resume from"):
        Checkpoints(model_path.parent).restore(stopped)


def test_a_folder_that_is_gone_is_an_error(stopped, tmp_path):
    with pytest.raises(ConvscopeError):
        Checkpoints(tmp_path / "gone").save(stopped)
