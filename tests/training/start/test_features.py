import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convscope.model import cached_features
from convscope.model.file import Model
from convscope.network.backbones import design
from convscope.network.notation import parse
from convscope.pictures.preparation import Preparation
from convscope.pictures.store import Catalogue
from convscope.training.start.backbone import Backbone
from convscope.training.start.features import features_of
from convscope.walkthrough.numpy_chain import forward

SIZE = Preparation(3, 12, 10)
BLOCKS = tuple((layer,) for layer in parse("4C3s2o-(D3r6-4C1l)+-6C3"))


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    random = np.random.default_rng(0)
    layers = {"blocks": BLOCKS, "last": parse("8C1r6"), "joinable": (0, 1), "tuned_from": 2}
    tiny = Backbone(replace(design("lite0"), name="tiny", **layers), (0, 1), SIZE, {}, "12ab")
    chain = tiny.design.chain(SIZE.shape)
    for name, shape in chain.parameters.items():
        tiny.weights[name] = random.normal(0, 0.5, shape).astype(np.float32)
    return tiny


@pytest.fixture(scope="module")
def store():
    random = np.random.default_rng(1)
    pictures = random.integers(0, 256, (40, 12, 10, 3), np.uint8)
    pictures[30:] = pictures[:10]
    nothing = np.zeros(40, np.int64)
    digests = np.zeros((40, 16), np.uint8)
    names = [f"{n}.png" for n in range(40)]
    catalogue = Catalogue(nothing, digests, ("a", "b"), names, (None,) * 40, (), SIZE, ())
    return catalogue.store(np.arange(40), pictures)


@pytest.fixture
def computed(monkeypatch) -> list[int]:
    """The numbers of pictures that were actually computed, per call."""
    counts: list[int] = []
    compute = cached_features.FeatureExtractor.compute

    def counting(self, pictures, indices):
        for positions, batch in compute(self, pictures, indices):
            counts.append(len(positions))
            yield positions, batch

    monkeypatch.setattr(cached_features.FeatureExtractor, "compute", counting)
    return counts


def test_they_are_the_means_of_the_maps_by_the_book(backbone, store, tmp_path):
    indices = np.array([3, 1, 35])
    values, blocks, problem = features_of(store, indices, backbone, folder=tmp_path)
    assert problem == ""
    assert blocks == {"0": slice(0, 4), "1": slice(4, 8), "last": slice(8, 16)}
    chain = backbone.design.chain(SIZE.shape)
    model = Model(chain, ("a", "b"), SIZE, backbone.design.mean, backbone.design.std, backbone.weights)
    for index, found in zip(indices, values, strict=True):
        steps = {step.name: step.output for step in forward(model, store.pictures[index])}
        maps = [steps[name] for name in ("convolution_1.relu", "addition_1", "convolution_4.relu6")]
        expected = np.concatenate([one.mean(axis=(1, 2)) for one in maps])
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_nothing_is_computed_twice(backbone, store, tmp_path, computed):
    told = []
    everything = np.arange(40)
    first = features_of(store, everything, backbone, lambda *at: told.append(at), folder=tmp_path).values
    assert sum(computed) == 30
    assert told[-1] == (40, 40)
    computed.clear()
    again = features_of(store, everything[::-1].copy(), backbone, folder=tmp_path).values
    assert computed == []
    assert (again[::-1] == first).all()


def test_other_weights_and_other_joins_have_features_of_their_own(backbone, store, tmp_path, computed):
    other_weights = {**backbone.weights, "convolution_1.bias": np.ones(4, np.float32)}
    for other in (backbone, replace(backbone, weights=other_weights), replace(backbone, joinable=(1,))):
        computed.clear()
        features_of(store, np.arange(9), other, folder=tmp_path)
        assert sum(computed) == 9
    assert len([*tmp_path.iterdir()]) == 3


def test_an_interrupted_call_is_continued(backbone, store, tmp_path, computed, monkeypatch):
    indices = np.arange(30)
    whole = features_of(store, indices, backbone, folder=tmp_path / "whole").values
    monkeypatch.setattr(cached_features, "TICK_SECONDS", 0)
    threads = threading.active_count()

    def ctrl_c(done, _total):
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        features_of(store, indices, backbone, ctrl_c, threads=2, folder=tmp_path / "cut")
    assert threading.active_count() == threads
    computed.clear()
    continued = features_of(store, indices, backbone, folder=tmp_path / "cut").values
    assert 0 < sum(computed) <= 20
    assert (continued == whole).all()


def test_what_cannot_be_kept_is_computed_all_the_same(backbone, store, tmp_path):
    whole = features_of(store, np.arange(5), backbone, folder=tmp_path).values
    (tmp_path / "file").write_text("not a folder")
    values, _, problem = features_of(store, np.arange(5), backbone, folder=tmp_path / "file")
    assert (values == whole).all()
    assert "features cannot be cached" in problem


def test_a_damaged_cache_changes_no_feature(backbone, store, tmp_path):
    whole = features_of(store, np.arange(30), backbone, folder=tmp_path).values
    (file,) = tmp_path.iterdir()
    data = file.read_bytes()
    for cut in (0, 10, 100, 4096, len(data) // 2, len(data) - 1):
        Path(file).write_bytes(data[:cut])
        assert (features_of(store, np.arange(30), backbone, folder=tmp_path).values == whole).all()
