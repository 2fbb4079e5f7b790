import re
from pathlib import Path

import numpy as np
import pytest
import torch

from convscope.steps import squared_error
from convscope.training.losses import experiment
from convscope.training.losses.figure import loss_figure

PAGE = (Path(__file__).parents[3] / "docs/reference/losses.md").read_text(encoding="utf-8")


def keys(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from keys(inner)
    if isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.fixture
def found(cache, monkeypatch):
    assert cache.exists()
    monkeypatch.setattr(experiment, "EPOCHS", 4)
    return experiment.bench()


def test_squared_error_in_pytorch_is_the_book_s():
    logits, truths = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]]), [2, 0]
    expected = np.mean([squared_error.forward(*pair) for pair in zip(logits, truths, strict=True)])
    assert experiment._squared(torch.tensor(logits), torch.tensor(truths)).item() == pytest.approx(expected)


def test_the_experiment(found):
    """Cross-entropy learns from both starts; squared error has almost no gradient at the wrong one."""
    runs = {(run["start"], run["loss"]): run for run in found["experiment"]["runs"]}
    assert len(runs) == 4
    for run in runs.values():
        assert len(run["steps"]) == len(run["accuracy_fraction"]) == len(run["gradient"])
        assert run["steps"][:3] == [0, 10, 20]
    wrong = {loss: runs["confidently_wrong", loss] for loss in ("cross_entropy", "squared_error")}
    assert wrong["cross_entropy"]["accuracy_fraction"][0] == wrong["squared_error"]["accuracy_fraction"][0]
    assert wrong["cross_entropy"]["gradient"][0] > 1
    assert wrong["squared_error"]["gradient"][0] < 0.01
    assert wrong["cross_entropy"]["accuracy_fraction"][-1] > 0.8
    assert wrong["cross_entropy"]["accuracy_fraction"][-1] > wrong["squared_error"]["accuracy_fraction"][-1]
    assert runs["normal", "cross_entropy"]["accuracy_fraction"][-1] > 0.8
    assert {*keys(found)} - {*re.findall(r"\w+", PAGE)} == set()
    assert len(loss_figure(found["experiment"]).axes) == 4
