import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from convscope.errors import ModelFileError
from convscope.model.file import load, save
from convscope.training.distributed import run_together
from convscope.training.repeat import repeat
from convscope.training.runs import runner
from convscope.training.settings import Settings

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def trained(pets: Path, tmp_path: Path) -> Path:
    runner.train(
        pets, Settings(network="3C3-MP2", epochs=2, batch_size=5, size=(8, 8)), output=tmp_path / "run"
    )
    return tmp_path / "run" / "model.safetensors"


def test_what_is_the_same_is_said_to_be(run: Run, trained: Path, pets: Path) -> None:
    done = run("verify", trained, "--data", pets, "--retrain")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("pictures      the same\nweights       identical, to the bit\n")


def test_what_was_left_out_is_said(run: Run, trained: Path, pets: Path) -> None:
    (pets / "dark" / "notes.txt").write_text("no picture")
    done = run("verify", trained, "--data", pets)
    assert done.returncode == 0, done.stderr
    assert "note          left out: 1 .txt file, no pictures by their suffix (dark)" in done.stdout


@pytest.mark.slow
def test_the_model_that_training_started_from_is_checked(
    run: Run, trained: Path, pets: Path, tmp_path: Path
) -> None:
    settings = Settings(start=str(trained), epochs=1, batch_size=5)
    receipt = runner.train(pets, settings, output=tmp_path / "next").model.receipt
    assert receipt["start_model_digest"] == hashlib.sha256(trained.read_bytes()).hexdigest()
    done = run("verify", tmp_path / "next", "--data", pets)
    assert done.returncode == 0, done.stderr
    assert f"started from  {trained}\n              the same at hand; SHA-256 " in done.stdout
    save(replace(load(trained), temperature=2.0), trained)
    done = run("verify", tmp_path / "next", "--data", pets)
    assert done.returncode == 1
    assert "              not the same at hand; SHA-256 " in done.stdout
    trained.unlink()
    done = run("verify", tmp_path / "next", "--data", pets, "--json")
    assert done.returncode == 0
    (start,) = json.loads(done.stdout)["start"]
    assert (start["same"], start["reason"]) == (None, "No such file or directory")


@pytest.mark.slow
def test_what_several_processes_made_several_make_again(run: Run, pets: Path, tmp_path: Path) -> None:
    path = tmp_path / "together" / "model.safetensors"
    settings = [
        "--network",
        "3C3-MP2",
        "--epochs",
        "2",
        "--batch-size",
        "5",
        "--size",
        "8",
        "--precision",
        "fp32",
    ]
    command = [sys.executable, "-m", "convscope", "train", str(pets), "--output", str(path.parent), *settings]
    run_together(command, 2, threads=1)
    assert load(path).receipt["processes"] == "2"
    done = run("verify", path, "--data", pets, "--retrain")
    assert done.returncode == 0, done.stderr
    assert "weights       identical, to the bit\n" in done.stdout


@pytest.mark.slow
def test_pictures_that_differ_are_named_and_not_trained_on(run: Run, trained: Path, pets: Path) -> None:
    (pets / "dark" / "3.png").unlink()
    done = run("verify", trained, "--data", pets, "--retrain", "--json")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["pictures"]["same"] is False
    assert report["pictures"]["differences"]["removed"] == ["dark/3.png"]
    assert report["weights"] is None
    shown = run("verify", trained, "--data", pets)
    assert shown.returncode == 1
    assert "removed       dark/3.png" in shown.stdout


@pytest.mark.slow
def test_weights_that_were_changed_are_found(run: Run, trained: Path, pets: Path) -> None:
    model = load(trained)
    name = "full_connection_1.bias"
    save(replace(model, weights={**model.weights, name: model.weights[name] + 1}), trained)
    done = run("verify", trained, "--data", pets, "--retrain")
    assert done.returncode == 1, done.stderr
    assert "weights       different, by up to 1\n" in done.stdout


@pytest.mark.slow
def test_what_cannot_be_checked(run: Run, trained: Path, model_path: Path, pets: Path) -> None:
    model = load(trained)
    for receipt in (
        {"settings": "[]"},
        {"settings": "{}", "threads": "0"},
        {"settings": '{"minutes": 1}'},
        {"processes": "2, 1"},
        {"processes": "1000"},
        {"processes": "two"},
    ):
        with pytest.raises(ModelFileError):
            repeat(replace(model, receipt={**model.receipt, **receipt}), pets)
    save(replace(model, receipt={**model.receipt, "processes": "two"}), trained)
    done = run("verify", trained, "--data", pets, "--retrain")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert len(done.stderr.splitlines()) <= 4
    assert run("verify", model_path, "--data", pets).returncode == 2
    assert run("verify", trained, "--data", pets / "gone").returncode == 2
