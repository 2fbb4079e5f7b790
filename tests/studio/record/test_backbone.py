"""The backbone's features of a single picture, in a process without PyTorch."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from convscope.network.backbones import INSTALLED
from convscope.pictures.preparation import prepare
from convscope.pictures.store import Catalogue
from convscope.studio.record.backbone import Backbone
from convscope.training.start.backbone import load_backbone
from convscope.training.start.features import LAST, features_of


@pytest.mark.usefixtures("cache")
def test_it_sees_what_training_sees() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    backbone = load_backbone(INSTALLED)
    one, digest, wanted = np.zeros(1, np.int64), np.zeros((1, 16), np.uint8), backbone.preparation
    catalogue = Catalogue(one, digest, ("a",), ["a"], (None,), (), wanted, ())
    store = catalogue.store(one, prepare(pixels, wanted)[np.newaxis])
    values, blocks, _ = features_of(store, one, backbone)
    found = Backbone().features(file.getvalue(), "picture")
    np.testing.assert_allclose(found, values[0, blocks[LAST]], rtol=1e-4, atol=1e-5)


def test_it_is_read_without_pytorch() -> None:
    code = """
import sys
from convscope.studio.record.backbone import Backbone
Backbone()
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
