"""Fine-tuned runs, from pictures to the model file, on a tiny backbone."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from convscope.classifier import Classifier
from convscope.errors import RunError
from convscope.model.file import load
from convscope.network.backbones import design
from convscope.network.notation import parse
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store
from convscope.training import fit as fit_module
from convscope.training.events import Note, Preparing, StepDone, Stopped
from convscope.training.fit import fit
from convscope.training.run_files import CHECKPOINTS
from convscope.training.runs import learned_run, runner
from convscope.training.runs.interruption import StopRequest
from convscope.training.settings import Settings
from convscope.training.start import fine_tuning
from convscope.training.start.backbone import Backbone

pytestmark = pytest.mark.usefixtures("cache")
SETTINGS = Settings(start="lite0", minutes=600)
SIZE = Preparation(3, 12, 12)


@pytest.fixture(autouse=True)
def backbone(monkeypatch):
    """A tiny backbone instead of EfficientNet-Lite0, and few epochs."""
    blocks = tuple((layer,) for layer in parse("4C3s2o-(D3r6-4C1l)+-6C3"))
    layers = {"blocks": blocks, "last": parse("8C1r6"), "joinable": (0, 1), "tuned_from": 2}
    tiny = Backbone(replace(design("lite0"), name="tiny", **layers), (0, 1), SIZE, {}, "12ab")
    random = np.random.default_rng(0)
    parameters = tiny.design.chain(SIZE.shape).parameters
    weights = {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in parameters.items()}
    tiny = replace(tiny, weights=weights)
    monkeypatch.setattr(learned_run, "backbone_for", lambda _: tiny)
    monkeypatch.setattr(fine_tuning, "MOST_EPOCHS", (2, 2))
    return tiny


@pytest.fixture
def pays(monkeypatch):
    monkeypatch.setattr(fine_tuning.Gain, "pays", True)


@pytest.fixture
def pictures(noisy_pets):
    return noisy_pets(80, 12)


@pytest.mark.usefixtures("pays")
def test_what_pays_is_written_and_judged_by_the_held_out_pictures(pictures, tmp_path, backbone):
    events = []
    run = tmp_path / "run"
    classifier = runner.train(pictures, SETTINGS, output=run, listeners=[events.append])
    model = load(run / "model.safetensors")
    first_layer = "convolution_1.weight"
    assert not np.array_equal(model.weights[first_layer], backbone.weights[first_layer])
    metrics = json.loads((run / "metrics.json").read_text())
    held_out = metrics["fine_tuning"]["held_out_pictures"]
    assert (model.figures["part"], model.figures["pictures"]) == ("validation", held_out)
    assert metrics["fine_tuning"]["epochs"] == 4
    assert model.receipt["start"] == "lite0"
    assert any("fine-tuning: " in event.text for event in events if isinstance(event, Note))
    assert any("activations" in event.task for event in events if isinstance(event, Preparing))
    assert [path for path in run.iterdir() if path.name in CHECKPOINTS] == []
    assert (run / "epochs.csv").read_text().count("\n") == 5
    assert classifier.model.open_set is None or 0 < classifier.model.open_set.threshold < 1
    assert isinstance(Classifier(model).predict([str(next(pictures.rglob("*.png")))])[0].label, str)


@pytest.mark.slow
@pytest.mark.usefixtures("pays")
def test_a_training_without_a_run_is_fine_tuned_too(pictures, tmp_path, backbone, monkeypatch):
    monkeypatch.setattr(fit_module, "backbone_for", lambda _: backbone)
    store = build_store(open_source(pictures), backbone.preparation, folder=tmp_path)
    first_layer = "convolution_1.weight"
    tuned, alone = (
        fit(store, replace(SETTINGS, minutes=minutes)).weights[first_layer] for minutes in (600, None)
    )
    assert np.array_equal(alone, backbone.weights[first_layer])
    assert not np.array_equal(tuned, alone)


@pytest.mark.slow
def test_what_does_not_pay_leaves_the_head(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(fine_tuning.Gain, "pays", False)
    run = tmp_path / "run"
    tuned = runner.train(pictures, SETTINGS, output=run).model
    alone = runner.train(pictures, replace(SETTINGS, minutes=None)).model
    assert tuned.weights.keys() == alone.weights.keys()
    assert all(np.array_equal(tuned.weights[name], one) for name, one in alone.weights.items())
    assert [path for path in run.iterdir() if path.name in CHECKPOINTS] == []


@pytest.mark.slow
@pytest.mark.usefixtures("pays")
def test_a_stopped_run_goes_on_to_the_same_bytes(pictures, tmp_path, monkeypatch):
    whole = runner.train(pictures, SETTINGS, output=tmp_path / "whole").model
    events = []
    steps = iter(range(100))

    with monkeypatch.context() as patch:
        patch.setattr(StopRequest, "deferred", lambda _: nullcontext(lambda: next(steps) == 2))
        with pytest.raises(KeyboardInterrupt):
            runner.train(pictures, SETTINGS, output=tmp_path / "run", listeners=[events.append])
    (stopped,) = [event for event in events if isinstance(event, Stopped)]
    assert (stopped.epochs, len([event for event in events if isinstance(event, StepDone)])) == (4, 3)
    resumed = runner.resume(tmp_path / "run").model
    assert all(np.array_equal(resumed.weights[name], one) for name, one in whole.weights.items())
    assert resumed.temperature == whole.temperature
    with pytest.raises(RunError):
        runner.resume(tmp_path / "run")
