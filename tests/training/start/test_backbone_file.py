"""EfficientNet-Lite0 as a model file."""

import json
import subprocess
import sys

import numpy as np

from convscope.model.file import load
from convscope.training.start.backbone import load_backbone
from convscope.training.start.backbone_file import write_backbone


def test_the_file_holds_the_backbone(tmp_path):
    path = tmp_path / "backbones" / "lite0.safetensors"
    write_backbone(path)
    model, backbone = load(path), load_backbone("lite0")
    assert model.preparation == backbone.preparation
    assert (model.mean, model.std) == (backbone.design.mean, backbone.design.std)
    assert model.receipt == backbone.receipt
    assert model.notation == backbone.design.notation()
    for name, weights in backbone.weights.items():
        np.testing.assert_array_equal(model.weights[name], weights)


def test_a_file_that_cannot_be_written_is_said_in_json(tmp_path):
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, "-m", "convscope.training.start.backbone_file", tmp_path / "file" / "x.safetensors"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, b"")
    assert "cannot create" in json.loads(done.stdout)["what"]
