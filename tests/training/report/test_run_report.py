import json

import numpy as np
import pytest

import convscope
from convscope.model.evaluation import wilson_interval


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
