"""The features of a model with the network of a backbone: those cached in training."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from convscope.model import cached_features
from convscope.model.cached_features import features_of_model
from convscope.model.features import compute_features
from convscope.model.file import Model
from convscope.network.chain_builder import parse_chain
from convscope.pictures.store import Catalogue, Store
from convscope.training.start.backbone import load_backbone
from convscope.training.start.features import features_of

if TYPE_CHECKING:
    from pathlib import Path

JOINED = (4, 10)


@pytest.fixture(scope="module")
def model() -> Model:
    """EfficientNet-Lite0 whose head reads the maps of two blocks in addition to the last ones."""
    backbone = load_backbone("lite0")
    chain = parse_chain(backbone.design.notation(JOINED), backbone.preparation.shape, 2)
    head = {name: np.zeros(chain.parameters[name], np.float32) for name in chain.output.parameters}
    pixels = backbone.design.mean, backbone.design.std
    weights = {**backbone.weights, **head}
    return Model(chain, ("a", "b"), backbone.preparation, *pixels, weights, receipt=backbone.receipt)


@pytest.fixture(scope="module")
def store(model: Model) -> Store:
    pictures = np.random.default_rng(0).integers(0, 256, (6, 224, 224, 3), np.uint8)
    digests, names = np.zeros((6, 16), np.uint8), [f"{number}.png" for number in range(6)]
    labels = np.zeros(6, np.int64)
    catalogue = Catalogue(labels, digests, ("a", "b"), names, (None,) * 6, (), model.preparation, ())
    return catalogue.store(np.arange(6), pictures)


def collected(model: Model, store: Store, indices: np.ndarray) -> np.ndarray:
    batches = [*features_of_model(model, store, indices)]
    assert np.concatenate([positions for positions, _ in batches]).tolist() == [*range(len(indices))]
    return np.concatenate([features for _, features in batches])


def test_they_are_those_that_training_has_kept(
    model: Model, store: Store, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    indices = np.array([5, 0, 3])
    expected = np.concatenate([batch for _, batch in compute_features(model, store.pictures, indices)])
    assert expected.shape == (3, 40 + 112 + 1280)
    features_of(store, np.arange(6), load_backbone("lite0"))
    monkeypatch.setattr(cached_features, "FeatureExtractor", None)  # nothing is computed
    monkeypatch.setattr(cached_features, "_MOST_AT_ONCE", 2)
    np.testing.assert_allclose(collected(model, store, indices), expected, rtol=1e-4, atol=1e-5)
    assert [path.name.split("-")[0] for path in (cache / "features").iterdir()] == ["lite0"]


def test_a_backbone_that_was_fine_tuned_has_features_of_its_own(
    model: Model, store: Store, cache: Path
) -> None:
    indices = np.arange(2)
    kept = collected(model, store, indices)
    weights = {**model.weights, "convolution_1.bias": model.weights["convolution_1.bias"] + 1}
    tuned = replace(model, weights=weights)
    found = collected(tuned, store, indices)
    expected = np.concatenate([batch for _, batch in compute_features(tuned, store.pictures, indices)])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert np.abs(found - kept).max() > 0.01
    assert len([*(cache / "features").iterdir()]) == 2


@pytest.mark.usefixtures("cache")
def test_other_models_are_computed(model: Model, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_features, "cached_features", None)
    assert collected(replace(model, receipt={}), store, np.arange(2)).shape == (2, 1432)
