"""What labelled pictures say about a picture and about the last neurons."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_distances

from convscope.errors import DataError
from convscope.model.features import compute_features
from convscope.model.selection import select
from convscope.walkthrough import neighbours
from convscope.walkthrough.neighbours import Neighbourhood
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.relevance import relevance


@pytest.fixture
def data(cache):
    assert cache.exists()
    pictures = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    return pictures, ["class 0", "class 1", "class 0"] * 20


@pytest.mark.parametrize(
    ("notation", "name"),
    [("2C3-MP2", "flattening"), ("2C3-4N-5N", "full_connection_2.relu"), ("AP2", "flattening")],
)
def test_what_reaches_the_output_layer(make_model, notation, name):
    model = make_model(notation, (1, 8, 8))
    assert model.chain.features.name == name
    pictures = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), np.uint8)
    indices = np.arange(299, -1, -1)
    for places, result in compute_features(model, pictures, indices):
        for place, features in zip(places[:3], result, strict=False):
            steps = forward(model, pictures[indices[place]])
            np.testing.assert_allclose(features, steps[-2].input, rtol=1e-4, atol=1e-5)


def test_the_nearest_are_those_of_all(make_model, data):
    model = make_model("3C3-MP2-6N", (1, 8, 8))
    selection = select(data, model, "all")
    features = np.array([forward(model, one)[-2].input for one in selection.store.pictures])
    distances = cosine_distances(features, features[7:8])[:, 0]
    result = Neighbourhood(model, selection).nearest(features[7])
    nearest = np.argsort(distances, kind="stable")[:8]
    assert [one.name for one in result] == [selection.store.names[index] for index in nearest]
    assert [one.label for one in result] == [data[1][index] for index in nearest]
    np.testing.assert_allclose([one.distance for one in result], distances[nearest], atol=1e-5)
    assert result[0].distance == pytest.approx(0, abs=1e-6)
    assert result[0].thumbnail.startswith("data:image/png;base64,")


def test_the_next_search_needs_no_picture_again_unless_too_much_would_be_held(make_model, data, monkeypatch):
    model = make_model("3C3-MP2-6N", (1, 8, 8))
    selection = select(data, model, "all")
    features = forward(model, selection.store.pictures[7])[-2].input
    pictures = selection.store.pictures.copy()
    selection = replace(selection, store=replace(selection.store, pictures=pictures))
    held = Neighbourhood(model, selection)
    monkeypatch.setattr(neighbours, "_MAX_KEPT_BYTES", 4 * 60 * 6 - 1)
    not_held = Neighbourhood(model, selection)
    first = held.nearest(features)
    assert not_held.nearest(features) == first
    pictures[:] = pictures[7]
    assert [one.distance for one in held.nearest(features)] == [one.distance for one in first]
    assert not any(one.distance > 1e-6 for one in not_held.nearest(features))


def test_the_mean_answer_to_each_class(make_model, data):
    model = make_model("3C3-MP2-6N", (1, 8, 8))
    selection = select(data, model, "all")
    features = np.array([forward(model, one)[-2].input for one in selection.store.pictures])
    result = relevance(model, selection)
    labels = np.array(data[1])
    assert result.pictures == [40, 20, 0]
    for index in (0, 1):
        expected = features[labels == f"class {index}"].mean(axis=0)
        np.testing.assert_allclose(result.mean.values()[:, index], expected, rtol=1e-4, atol=1e-5)
    assert not result.mean.values()[:, 2].any()


def test_data_of_other_classes_are_refused(make_model, data):
    model = replace(make_model("2C3", (1, 8, 8)), classes=("cat", "dog", "bird"))
    with pytest.raises(DataError, match="does not know"):
        select(data, model, "train")
