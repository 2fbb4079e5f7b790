"""Backbones of the Hugging Face Hub, from a cache that is made here: no test needs a network connection."""

from __future__ import annotations

import hashlib
import logging
import sys
from typing import TYPE_CHECKING

import huggingface_hub.constants
import numpy as np
import pytest
import safetensors.numpy
import torch

from convscope.errors import ModelFileError
from convscope.model.file import Model
from convscope.model.predictor import Predictor
from convscope.network.backbones import INSTALLED, NAMES, design
from convscope.network.backbones.weight_files import HubFile
from convscope.network.chain_builder import parse_chain
from convscope.training.start.backbone import digest_at_hand, load_backbone
from convscope.walkthrough.numpy_chain import forward

from .hub_networks import file_of, trained, write_to_cache

if TYPE_CHECKING:
    from pathlib import Path

HUB = [name for name in NAMES if isinstance(design(name).file, HubFile)]
SMALL = "mobilenetv1-100"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of `huggingface_hub`, which does not use the network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.mark.parametrize("name", HUB)
def test_the_folded_chain_answers_as_the_network_that_was_trained(name: str, home: Path) -> None:
    network = trained(name)
    write_to_cache(home, name, file_of(network))
    backbone, known = load_backbone(name), design(name)
    chain = parse_chain(known.notation(), known.shape, 1000)
    *_, weight, bias = network.state_dict().values()  # the head comes last
    head = dict(zip(chain.output.parameters, (weight.numpy(), bias.numpy()), strict=True))
    classes = tuple(map(str, range(1000)))
    weights = {**backbone.weights, **head}
    model = Model(chain, classes, backbone.preparation, known.mean, known.std, weights)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    pictures[1] //= 4
    sent = (torch.from_numpy(pictures).float() - torch.tensor(known.mean)) / torch.tensor(known.std)
    with torch.no_grad():
        expected = network(sent.permute(0, 3, 1, 2)).numpy()
    assert np.abs(expected[0] - expected[1]).max() > 0.01
    tolerance = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(Predictor(model).logits(pictures), expected, rtol=0, atol=tolerance)
    *_, by_the_book, _softmax = forward(model, pictures[0])
    np.testing.assert_allclose(by_the_book.output, expected[0], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", HUB)
def test_pixels_are_normalised_as_in_training(name: str) -> None:
    """From the model cards: ImageNet's mean and standard deviation for RepVGG, one half for MobileNet."""
    known = design(name)
    mean, std = {
        "repvgg-a0": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        "mobilenetv1-100": ([0.5] * 3, [0.5] * 3),
    }[name]
    np.testing.assert_allclose(known.mean, np.multiply(255, mean))
    np.testing.assert_allclose(known.std, np.multiply(255, std))


def test_the_receipt_names_revision_and_digest(home: Path) -> None:
    data = file_of(trained(SMALL))
    write_to_cache(home, SMALL, data)
    receipt = load_backbone(SMALL).receipt
    assert receipt["start_backbone"] == SMALL
    assert "timm/mobilenetv1_100.ra4_e3600_r224_in1k" in receipt["start_origin"]
    assert "revision dda9ab42e23f" in receipt["start_origin"]
    assert receipt["start_licence"] == "Apache-2.0"
    assert receipt["start_digest"] == digest_at_hand(SMALL) == hashlib.sha256(data).hexdigest()


def test_what_is_not_in_the_cache_needs_a_connection(home: Path) -> None:
    with pytest.raises(ModelFileError, match="not in the cache, and the hub cannot be reached") as error:
        load_backbone(SMALL)
    assert "17 MB" in error.value.why
    assert error.value.remedy.endswith(f"--start {INSTALLED}")
    assert not [*home.rglob("*.safetensors")]


def test_an_error_of_the_hub_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> str:
        logging.getLogger("huggingface_hub.utils._http").warning("Retrying in 1s")
        raise OSError("404 Client Error.\n\nmore lines")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", refuse)
    with pytest.raises(ModelFileError, match=r"cannot be downloaded: 404 Client Error\.\n"):
        load_backbone(SMALL)
    assert not caplog.records


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelFileError, match="huggingface_hub, which is not installed") as error:
        load_backbone(SMALL)
    assert error.value.remedy.startswith('pip install "convscope[hub]", or ')


def test_a_damaged_file_is_never_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = write_to_cache(home, SMALL, file_of(trained(SMALL)))
    data = link.read_bytes()
    link.resolve().write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    monkeypatch.setattr(safetensors.numpy, "load", None)
    with pytest.raises(ModelFileError, match="another SHA-256 than the file on the hub") as error:
        load_backbone(SMALL)
    assert f"delete {link.resolve()}" in error.value.remedy


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "no file in safetensors format"),
        (safetensors.numpy.save({"other": np.ones(3, np.float32)}), "it has no tensor conv_stem.weight"),
    ],
)
def test_a_foreign_file_is_told_apart(home: Path, data: bytes, cause: str) -> None:
    write_to_cache(home, SMALL, data)
    with pytest.raises(ModelFileError, match=cause):
        load_backbone(SMALL)


def test_without_links_in_the_cache_the_tensors_are_checked(home: Path) -> None:
    link = write_to_cache(home, SMALL, file_of(trained(SMALL)))
    data = link.read_bytes()
    link.unlink()
    link.write_bytes(data)
    assert load_backbone(SMALL).digest == hashlib.sha256(data).hexdigest()
    link.write_bytes(data[:-1])
    with pytest.raises(ModelFileError, match="no file in safetensors format"):
        load_backbone(SMALL)
