import threading
import time

import numpy as np
import pytest

from convscope.model.features import FeatureExtractor, compute_features
from convscope.walkthrough.numpy_chain import forward


@pytest.mark.parametrize("network", ["4C3-MP2-5N", "4C3-K-(D3l-4C1l)+-J", "AP4"])
@pytest.mark.parametrize("count", [1, 3, 11])
def test_features_are_what_the_output_layer_reads(make_model, network, count):
    model = make_model(network)
    pictures = np.random.default_rng(0).integers(0, 256, (11, 8, 8, 3), np.uint8)
    indices = np.random.default_rng(1).permutation(11)[:count]
    found = np.empty((count, model.chain.features.shape[0]), np.float32)
    seen = []
    for positions, features in compute_features(model, pictures, indices):
        found[positions] = features
        seen += positions.tolist()
    assert seen == [*range(count)]
    for index, features in zip(indices, found, strict=True):
        by_name = {step.name: step.output for step in forward(model, pictures[index])}
        np.testing.assert_allclose(features, by_name[model.chain.features.name], rtol=1e-4, atol=1e-4)


def test_no_pictures_have_no_features(make_model):
    assert [
        *compute_features(make_model("2C3"), np.empty((5, 8, 8, 3), np.uint8), np.empty(0, np.int64))
    ] == []


def test_who_stops_listening_does_not_wait_for_the_rest(make_model, monkeypatch):
    model = make_model("2C3-J")
    extractor = FeatureExtractor(model.chain, model.mean, model.std, model.weights, threads=2)
    computed = []
    steps = extractor._steps
    compute = steps._batch

    def slowly(pictures, indices):
        computed.append(indices)
        time.sleep(0.01)
        return compute(pictures, indices)

    monkeypatch.setattr(steps, "_batch", slowly)
    monkeypatch.setattr(steps, "_batch_size", 1)
    before = threading.active_count()
    batches = extractor.compute(np.zeros((1000, 8, 8, 3), np.uint8), np.arange(1000))
    next(batches)
    batches.close()
    assert len(computed) <= 10
    assert threading.active_count() <= before
