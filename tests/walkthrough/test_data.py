"""Results from labelled pictures: nearest neighbours and relevance of the last neurons."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from convscope.errors import DataError
from convscope.model import nearest
from convscope.model.features import compute_features
from convscope.model.selection import select
from convscope.walkthrough import neighbours
from convscope.walkthrough.neighbours import Neighbourhood, neighbours_in_rule
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.relevance import relevance
from convscope.walkthrough.walk import walk


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
    cosines = cosine_similarity(features, features[7:8])[:, 0]
    result = Neighbourhood(model, selection).nearest(features[7])
    first = np.argsort(-cosines, kind="stable")[:8]
    assert [one.name for one in result] == [selection.store.names[index] for index in first]
    assert [one.label for one in result] == [data[1][index] for index in first]
    np.testing.assert_allclose([one.similarity for one in result], cosines[first], atol=1e-5)
    assert result[0].similarity == pytest.approx(1, abs=1e-6)
    assert result[0].thumbnail.startswith("data:image/png;base64,")


def with_rule(model, data):
    """The model with a rule of nearest pictures, of all the pictures."""
    selection = select(data, model, "all")
    features = np.array([forward(model, one)[-2].input for one in selection.store.pictures], np.float32)
    width, store = features.shape[1], selection.store
    blocks = [slice(0, width // 2), slice(width // 2, width)]
    rule = nearest.fit(features, blocks, np.arange(60), store.digests, store.labels)
    return replace(model, open_set=rule), selection


def test_a_rule_of_nearest_pictures_finds_the_same_ones_with_and_without_the_pictures(make_model, data):
    model, selection = with_rule(make_model("3C3-MP2-6N", (1, 8, 8)), data)
    other = np.random.default_rng(1).integers(0, 256, (8, 8, 1), np.uint8)
    features = forward(model, other)[-2].input
    found = Neighbourhood(model, selection).nearest(features)
    digests = [digest[:8].tobytes().hex() for digest in selection.store.digests]
    known = neighbours_in_rule(model, features, dict(zip(digests, selection.store.names, strict=True)))
    assert [one.name for one in known] == [one.name for one in found[:5]]
    assert [one.label for one in known] == [one.label for one in found[:5]]
    np.testing.assert_allclose(
        [one.similarity for one in known], [one.similarity for one in found[:5]], atol=1e-5
    )
    assert {one.thumbnail for one in known} == {None}
    assert {one.name for one in neighbours_in_rule(model, features, {})} == {None}
    assert neighbours_in_rule(replace(model, open_set=None), features, {}) == []


def test_a_walk_says_unknown_as_the_rule_does(make_model, data):
    model, _ = with_rule(make_model("3C3-MP2-6N", (1, 8, 8)), data)
    pictures = np.random.default_rng(2).integers(0, 256, (12, 8, 8, 1), np.uint8)
    scores = [model.open_set.score(forward(model, one)[-2].input[np.newaxis])[0] for one in pictures]
    model = replace(model, open_set=replace(model.open_set, threshold=float(np.median(scores))))
    for picture, score in zip(pictures, scores, strict=True):
        walked = walk(model, picture)
        assert walked.open_set.score == pytest.approx(score)
        assert walked.open_set.unknown == (score < model.open_set.threshold)
        assert walked.neighbours[0].similarity == pytest.approx(score)
    assert walk(replace(model, open_set=None), pictures[0]).open_set is None


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
    assert [one.similarity for one in held.nearest(features)] == [one.similarity for one in first]
    assert all(one.similarity > 1 - 1e-6 for one in not_held.nearest(features))


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
