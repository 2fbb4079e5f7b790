import shutil
from dataclasses import replace

import numpy as np
import pytest

from convscope.errors import RunError
from convscope.model.file import load, save
from convscope.training.events import Note
from convscope.training.runs import runner
from convscope.training.settings import Settings

SMALL = Settings(network="3C3-MP2", epochs=2, batch_size=5, precision="fp32", size=(8, 8))

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def torchrun(monkeypatch):
    """The environment variables of a run with one process."""
    for name, value in {
        "RANK": "0",
        "WORLD_SIZE": "1",
        "LOCAL_RANK": "0",
        "TORCHELASTIC_RUN_ID": "x",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")


@pytest.fixture
def ended(pets, tmp_path, torchrun):  # noqa: ARG001
    """A finished run, and its record."""
    run = tmp_path / "run"
    runner.train(pets, SMALL, output=run)
    return run, contents(run)


def contents(run):
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_the_same_command_again_finds_the_model(ended, pets):
    run, before = ended
    events = []
    classifier = runner.train(pets, SMALL, output=run, keep_epochs=True, listeners=[events.append])
    assert events == [Note(f"this run has already finished: {run / 'model.safetensors'} is its model")]
    np.testing.assert_equal(classifier.model.weights, load(run / "model.safetensors").weights)
    assert contents(run) == before


def test_going_on_again_finds_the_model_too(ended):
    run, before = ended
    assert runner.resume(run).model.notation == load(run / "model.safetensors").notation
    assert contents(run) == before


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"epochs": 3}, {"learning_rate": 0.001}, {"flip": False}, {"network": "4C3-MP2"}]
)
def test_another_command_is_refused(ended, pets, other):
    run, before = ended
    with pytest.raises(RunError, match="contains another run"):
        runner.train(pets, replace(SMALL, **other), output=run)
    assert contents(run) == before


def test_other_pictures_are_refused(ended, pets, tmp_path):
    run, before = ended
    shutil.copytree(pets, tmp_path / "others")
    with pytest.raises(RunError, match="contains another run"):
        runner.train(tmp_path / "others", SMALL, output=run)
    assert contents(run) == before


def test_a_receipt_that_tells_nothing_is_another_run_s(ended, pets):
    run, _ = ended
    path = run / "model.safetensors"
    save(replace(load(path), receipt={}), path)
    before = contents(run)
    with pytest.raises(RunError, match="contains another run"):
        runner.train(pets, SMALL, output=run)
    assert contents(run) == before


@pytest.mark.slow
def test_without_torchrun_a_run_that_has_ended_is_left_alone(ended, pets, monkeypatch):
    run, before = ended
    monkeypatch.delenv("RANK")
    with pytest.raises(RunError, match="exists already"):
        runner.train(pets, SMALL, output=run)
    assert contents(run) == before
