import csv
import dataclasses
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image

import convscope
from convscope.errors import DataError, ExportError, NetworkError, RunError, SettingError
from convscope.model.raw_graph import build_raw_graph
from convscope.training import run_files
from convscope.training.data.training_data import prepare_data
from convscope.training.events import EpochDone, Finished, Note, Preparing, Started, StepDone, Stopped
from convscope.training.runs import runner, scratch_run
from convscope.training.settings import Settings

SMALL = Settings(network="3C3-MP2", epochs=6, batch_size=5, precision="fp32", size=(8, 8))

pytestmark = pytest.mark.usefixtures("cache")


def interrupt_at(epoch, step):
    """A listener that sends this process a real Ctrl-C."""

    def listen(event):
        if isinstance(event, StepDone) and (event.epoch, event.step) == (epoch, step):
            os.kill(os.getpid(), signal.SIGINT)

    return listen


def weights_equal(first, second):
    weights, others = first.model.weights, second.model.weights
    return weights.keys() == others.keys() and all(
        np.array_equal(weights[name], others[name]) for name in weights
    )


def test_a_run_keeps_model_figures_and_log(pets, tmp_path):
    run = tmp_path / "new" / "run"
    classifier = runner.train(pets, SMALL, output=run)
    assert sorted(str(path.relative_to(run)) for path in run.rglob("*")) == [
        "epochs.csv",
        "events.jsonl",
        "figures",
        "figures/confusion_matrix.png",
        "figures/learning_curves.png",
        "figures/reliability.png",
        "figures/worst_mistakes.png",
        "metrics.json",
        "model.onnx",
        "model.safetensors",
        "pictures.csv",
    ]
    loaded = convscope.load(run / "model.safetensors")
    assert weights_equal(loaded, classifier)
    assert loaded.classes == ("bright", "dark")
    with (run / "epochs.csv").open(newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == list("123456")
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["pictures"] == {"train": 14, "validation": 2, "test": 4}
    assert metrics["test"]["pictures"] == 4
    assert metrics["recipe"]["network"] == "3C3-MP2"


@pytest.mark.slow
def test_a_model_that_cannot_tell_unknown_pictures_says_so_and_from_how_many_it_could(pets, tmp_path):
    ends = []

    def keep(event):
        if isinstance(event, Finished):
            ends.append(dict(event.summary).get("unknown", ""))

    few = runner.train(pets, SMALL, output=tmp_path / "few", listeners=[keep]).model
    assert few.open_set is None
    assert ends == [
        "no picture is rejected as unknown: its threshold needs at least 19 pictures, and there are 2"
    ]
    settings = dataclasses.replace(SMALL, rejected_fraction=0.4)
    enough = runner.train(pets, settings, output=tmp_path / "enough", listeners=[keep]).model
    assert enough.open_set.rejected_fraction == 0.4
    assert ends[1].endswith("% of test pictures rejected as unknown, although their classes are known")


def test_the_model_knows_its_figures_and_where_it_comes_from(pets, tmp_path):
    model = runner.train(pets, SMALL, output=tmp_path / "run").model
    assert model.figures["part"] == "test"
    assert model.figures["pictures"] == 4
    evaluated = convscope.load(tmp_path / "run" / "model.safetensors").evaluate(pets)
    assert evaluated.accuracy_fraction == model.figures["accuracy_fraction"]
    assert model.receipt["data"] == pets.name
    assert json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))["data"] == str(pets)
    for file in ("model.safetensors", "model.onnx"):
        assert str(pets.parent).encode() not in (tmp_path / "run" / file).read_bytes()
    assert json.loads(model.receipt["settings"])["epochs"] == 6


def test_the_graph_beside_the_model_answers_as_it_does(pets, tmp_path):
    classifier = runner.train(pets, SMALL, output=tmp_path / "run")
    graph = onnxruntime.InferenceSession(tmp_path / "run" / "model.onnx")
    path = pets / "bright" / "5.png"
    (found,) = graph.run(["probabilities"], {"pictures": np.asarray(Image.open(path))[None, :, :, None]})
    np.testing.assert_allclose(found, classifier.predict_proba(path), atol=1e-5)
    said = {entry.key: entry.value for entry in onnx.load(tmp_path / "run" / "model.onnx").metadata_props}
    assert json.loads(said["figures"]) == dict(classifier.model.figures)


def test_a_graph_that_answers_otherwise_ends_the_run_with_its_name(pets, tmp_path, monkeypatch):
    def of_another(model, licence):
        return build_raw_graph(dataclasses.replace(model, temperature=2 * model.temperature), licence)

    monkeypatch.setattr("convscope.model.export.build_raw_graph", of_another)
    with pytest.raises(ExportError, match="differs most on"):
        runner.train(pets, SMALL, output=tmp_path / "run")
    assert convscope.load(tmp_path / "run" / "model.safetensors").classes == ("bright", "dark")
    assert not (tmp_path / "run" / "model.onnx").exists()


def test_what_happens_is_told_in_order(pets):
    events = []
    runner.train(pets, SMALL, listeners=[events.append])
    kinds = [type(event) for event in events]
    assert kinds[0] is Preparing
    assert kinds[-1] is Finished
    assert kinds.count(Started) == kinds.count(Finished) == 1
    assert kinds.count(EpochDone) == 6
    assert kinds.index(Started) < kinds.index(Note) < kinds.index(StepDone)
    started = next(event for event in events if isinstance(event, Started))
    assert started.epochs == 6
    assert {"data", "input size", "network", "schedule", "augmentation"} <= dict(started.plan).keys()
    assert any("set aside" in event.text for event in events if isinstance(event, Note))


@pytest.mark.slow
def test_without_a_folder_nothing_is_kept(pets, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    before = {path: path.stat().st_mtime_ns for path in pets.rglob("*")}
    classifier = runner.train(pets, SMALL)
    assert classifier.predict(pets / "bright" / "5.png").label in {"dark", "bright"}
    assert list((tmp_path / "here").iterdir()) == []
    assert list((tmp_path / "temporary").iterdir()) == []
    assert {path: path.stat().st_mtime_ns for path in pets.rglob("*")} == before


def test_a_folder_that_holds_something_is_refused_and_left_alone(pets, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "notes.txt").write_text("mine")
    for taken in (run, run / "notes.txt"):
        with pytest.raises(RunError, match="exists already"):
            runner.train(pets, SMALL, output=taken)
    assert [path.name for path in run.iterdir()] == ["notes.txt"]
    assert (run / "notes.txt").read_text() == "mine"


@pytest.mark.slow
def test_an_empty_folder_will_do(pets, tmp_path):
    (tmp_path / "run").mkdir()
    runner.train(pets, SMALL, output=tmp_path / "run")
    assert (tmp_path / "run" / "model.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(("epoch", "step"), [(1, 1), (2, 2), (3, 1)])
def test_a_stopped_run_ends_as_if_it_never_had_been(pets, tmp_path, epoch, step):
    whole = runner.train(pets, SMALL, output=tmp_path / "whole")
    run, events = tmp_path / "stopped", []
    with pytest.raises(KeyboardInterrupt):
        runner.train(pets, SMALL, output=run, listeners=[events.append, interrupt_at(epoch, step)])
    assert isinstance(events[-1], Stopped)
    assert events[-1].run == run
    assert not (run / "model.safetensors").exists()
    resumed = runner.resume(run)
    assert weights_equal(resumed, whole)
    assert resumed.model.temperature == whole.model.temperature
    assert {path.name for path in run.iterdir()} == {path.name for path in (tmp_path / "whole").iterdir()}
    with (run / "epochs.csv").open(newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == list("123456")


@pytest.mark.slow
@pytest.mark.parametrize("error", [None, ImportError("no attribute")])
def test_an_interrupt_that_a_library_catches_stops_the_run_all_the_same(pets, tmp_path, monkeypatch, error):
    def prepare(*arguments, **options):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
        except KeyboardInterrupt:
            if error:
                raise error from None
        return prepare_data(*arguments, **options)

    monkeypatch.setattr(scratch_run, "prepare_data", prepare)
    events: list = []
    with pytest.raises(KeyboardInterrupt):
        runner.train(pets, SMALL, output=tmp_path / "run", listeners=[events.append])
    assert isinstance(events[-1], Stopped)
    assert len([event for event in events if isinstance(event, StepDone)]) == (0 if error else 1)


def stopped(data, run):
    with pytest.raises(KeyboardInterrupt):
        runner.train(data, SMALL, output=run, listeners=[interrupt_at(2, 1)])


def test_pictures_that_changed_since_are_noticed(pets, tmp_path, paint: Callable[..., Path]):
    stopped(pets, tmp_path / "run")
    paint(pets / "dark" / "5.png", 20, seed=999)
    with pytest.raises(RunError, match="have changed since"):
        runner.resume(tmp_path / "run")
    assert (tmp_path / "run" / run_files.RECORD).exists()


def test_pictures_that_are_gone_are_noticed(pets, tmp_path):
    stopped(pets, tmp_path / "run")
    shutil.rmtree(pets)
    with pytest.raises(DataError, match="cannot open"):
        runner.resume(tmp_path / "run")


def test_a_run_is_resumed_from_anywhere(pets, tmp_path, monkeypatch):
    monkeypatch.chdir(pets.parent)
    stopped(pets.name, tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert runner.resume(tmp_path / "run").classes == ("bright", "dark")


def test_arrays_cannot_be_found_again(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8)
    stopped((pictures, ["a", "b"] * 15), tmp_path / "run")
    with pytest.raises(RunError, match="arrays"):
        runner.resume(tmp_path / "run")


def test_a_finished_run_cannot_be_resumed(pets, tmp_path):
    runner.train(pets, SMALL, output=tmp_path / "run")
    with pytest.raises(RunError, match="there is no stopped run"):
        runner.resume(tmp_path / "run")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"epochs": 0}, SettingError),
        ({"network": "MP2-MP2-MP2-MP2", "size": (8, 8)}, NetworkError),
    ],
)
def test_what_is_impossible_is_said_before_anything_is_trained(pets, tmp_path, settings, error):
    events = []
    with pytest.raises(error):
        runner.train(pets, Settings(**settings), output=tmp_path / "run", listeners=[events.append])
    assert not any(isinstance(event, Started) for event in events)


def test_pictures_with_a_split_of_their_own_keep_it(tmp_path, paint: Callable[..., Path]):
    for place in range(30):
        part, kind = "val" if place < 6 else "train", ("dark", "bright")[place % 2]
        paint(tmp_path / "pets" / part / kind / f"{place}.png", {"dark": 20, "bright": 220}[kind], seed=place)
    model = runner.train(tmp_path / "pets", SMALL).model
    assert model.figures["part"] == "validation"
    assert model.figures["pictures"] == 6


def test_device_and_precision_are_in_the_receipt(pets, tmp_path):
    said = dataclasses.replace(SMALL, precision=None, device="cpu")
    model = runner.train(pets, said, output=tmp_path / "run").model
    resolved = json.loads(model.receipt["resolved"])
    assert resolved["device"] == model.receipt["device"] == "cpu"
    assert resolved["precision"] in {"bf16", "fp32"}
    assert json.loads(model.receipt["settings"])["precision"] is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_an_error_that_leaves_nothing_behind(pets, tmp_path):
    with pytest.raises(SettingError, match="cannot train on a GPU"):
        runner.train(pets, dataclasses.replace(SMALL, device="cuda"), output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_process_that_draws_is_started_shortly_before_the_end(pets, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(scratch_run.figure_process, "start", seen.append)

    def listen(event):
        if isinstance(event, StepDone):
            seen.append(event.remaining_seconds)

    monkeypatch.setattr(scratch_run, "_SECONDS_BEFORE_FIGURES", 0.0)
    runner.train(pets, SMALL, output=tmp_path / "never", listeners=[listen])
    assert tmp_path / "never" not in seen
    monkeypatch.setattr(scratch_run, "_SECONDS_BEFORE_FIGURES", 1e-9)
    runner.train(pets, SMALL, output=tmp_path / "last", listeners=[listen])
    assert seen[-2:] == [0.0, tmp_path / "last"]
