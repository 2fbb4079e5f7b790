import json

import numpy as np
import pytest

import convscope
from convscope.model.evaluation import wilson_interval
from convscope.training.report import figure_process, run_report


@pytest.mark.usefixtures("cache")
def test_the_interval_of_a_run_is_that_of_its_groups(tmp_path):
    rng = np.random.default_rng(0)
    scenes = rng.integers(0, 256, (20, 40, 40), np.uint8)
    frames = scenes.repeat(10, axis=0).astype(int) + rng.integers(-3, 4, (200, 40, 40))
    labels = np.arange(20).repeat(10) % 2
    pictures = np.clip(frames, 0, 255).astype(np.uint8)
    network = {"network": "4C3-MP2", "epochs": 1, "start": "scratch"}
    convscope.train((pictures, labels), output=tmp_path / "run", **network)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test"]["pictures"] == 40  # 4 scenes
    right = round(4 * metrics["test"]["accuracy_fraction"])
    assert metrics["test"]["accuracy_interval"] == pytest.approx(wilson_interval(right, 4))
    assert any(note.startswith("near-duplicates: 200 pictures in 20 clusters") for note in metrics["notes"])


@pytest.mark.usefixtures("cache")
def test_without_a_folder_nothing_is_drawn_or_exported_and_the_model_is_the_same(tmp_path, monkeypatch):
    pictures = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    settings = {"network": "4C3-MP2-6N", "epochs": 1, "start": "scratch", "device": "cpu"}
    kept = convscope.train((pictures, ["ä", "b"] * 20), output=tmp_path / "run", **settings)
    monkeypatch.setattr(figure_process, "draw", lambda *_: pytest.fail("drawn"))
    monkeypatch.setattr(run_report, "export", lambda *_: pytest.fail("exported"))
    classifier = convscope.train((pictures, ["ä", "b"] * 20), **settings)
    kept.save(tmp_path / "kept.safetensors")
    classifier.save(tmp_path / "not_kept.safetensors")
    assert (tmp_path / "kept.safetensors").read_bytes() == (tmp_path / "not_kept.safetensors").read_bytes()
