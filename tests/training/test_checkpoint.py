import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch

from convscope.errors import ConvscopeError, RunError
from convscope.training import checkpoint
from convscope.training.checkpoint import NAME, Origin
from convscope.training.recipe import Settings

ORIGIN = Origin("/pets", "digest", Settings(size=(8, 9), epochs=3, mirror=False, precision="bf16", seed=4))


@pytest.fixture
def stopped(make_training):
    """A training stopped in its second epoch of five steps."""
    training = make_training(epochs=3)
    training.run(wants_stop=lambda: (training.position.epoch, training.position.step) == (1, 2))
    return training


def test_what_was_kept_comes_back(stopped, make_training, tmp_path):
    checkpoint.save(tmp_path, ORIGIN, stopped)
    assert checkpoint.read_origin(tmp_path) == ORIGIN
    restored = make_training(stopped.data, epochs=3)
    checkpoint.restore(tmp_path, restored)
    assert restored.position == stopped.position
    for part in (lambda one: one.network.state_dict(), lambda one: one.optimiser.state()):
        assert all(torch.equal(tensor, part(restored)[name]) for name, tensor in part(stopped).items())
    for training in (stopped, restored):
        assert training.run()
        training.finish()
    after = restored.network.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in stopped.network.state_dict().items())


def test_a_new_checkpoint_takes_the_old_ones_place(stopped, tmp_path):
    checkpoint.save(tmp_path, ORIGIN, stopped)
    stopped.position = replace(stopped.position, epoch=2)
    checkpoint.save(tmp_path, ORIGIN, stopped)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    checkpoint.restore(tmp_path, stopped)
    assert stopped.position.epoch == 2


def test_a_finished_run_has_none_any_more(stopped, tmp_path):
    checkpoint.save(tmp_path, ORIGIN, stopped)
    checkpoint.remove(tmp_path)
    checkpoint.remove(tmp_path)
    with pytest.raises(RunError, match="there is no stopped run in"):
        checkpoint.read_origin(tmp_path)


def rewrite(path, tensors, metadata):
    """Put other tensors and fields in place; None takes one away."""
    with safetensors.safe_open(path, framework="pt") as file:
        fields = json.loads(file.metadata()["convscope"])
    kept = {
        name: tensor
        for name, tensor in {**safetensors.torch.load_file(path), **tensors}.items()
        if tensor is not None
    }
    safetensors.torch.save_file(kept, path, {"convscope": json.dumps({**fields, **metadata})})


@pytest.mark.parametrize(
    ("tensors", "metadata"),
    [
        ({"momentum.blocks.0.weight": None}, {}),
        ({"network.blocks.0.weight": torch.zeros(1)}, {}),
        ({}, {"position": None}),
        ({}, {"format": "999"}),
    ],
)
def test_a_checkpoint_of_another_kind_is_refused(stopped, tmp_path, tensors, metadata):
    checkpoint.save(tmp_path, ORIGIN, stopped)
    rewrite(tmp_path / NAME, tensors, metadata)
    with pytest.raises(RunError, match="cannot go on with"):
        checkpoint.restore(tmp_path, stopped)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:0], lambda data: data[:-9], lambda data: b"\0" * 99 + data]
)
def test_a_damaged_checkpoint_is_refused(stopped, tmp_path, damage):
    checkpoint.save(tmp_path, ORIGIN, stopped)
    (tmp_path / NAME).write_bytes(damage((tmp_path / NAME).read_bytes()))
    with pytest.raises(RunError, match="cannot go on with"):
        checkpoint.restore(tmp_path, stopped)


def test_a_model_is_no_checkpoint(model_path):
    model_path.rename(model_path.parent / NAME)
    with pytest.raises(RunError, match="cannot go on with"):
        checkpoint.read_origin(model_path.parent)


def test_a_checkpoint_of_another_network_changes_nothing_of_the_position(stopped, make_training, tmp_path):
    checkpoint.save(tmp_path, ORIGIN, stopped)
    other = make_training(stopped.data, network="3C3")
    before = other.position
    with pytest.raises(RunError):
        checkpoint.restore(tmp_path, other)
    assert other.position == before


def test_a_folder_that_is_gone_is_an_error(stopped, tmp_path):
    with pytest.raises(ConvscopeError):
        checkpoint.save(tmp_path / "gone", ORIGIN, stopped)
    with pytest.raises(RunError, match="there is no stopped run"):
        checkpoint.read_origin(tmp_path / "gone")


def test_nothing_in_it_is_executed(stopped, tmp_path):
    """The file is safetensors: a length, JSON, and numbers that end where the file ends."""
    checkpoint.save(tmp_path, ORIGIN, stopped)
    data = (tmp_path / NAME).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    assert max(ends) == len(data) - 8 - length
    assert np.isfinite(np.array(ends)).all()
