"""Which pictures are taken for unknown: by definition, in the graphs, and in the model file."""

import dataclasses
import json

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from convscope.classifier import Classifier
from convscope.errors import ModelFileError
from convscope.model.export import compare, noise_pictures
from convscope.model.features import compute_features
from convscope.model.file import load, save
from convscope.model.open_set import OpenSetRule, fit, score
from convscope.model.predictor import Predictor
from convscope.model.raw_graph import build_raw_graph


def features_of(model, pictures):
    return np.concatenate(
        [result for _, result in compute_features(model, pictures, np.arange(len(pictures)))]
    )


def with_rule(model, seed=0, kept=2):
    """The model with a rule that takes about half of all noise for unknown."""
    random = np.random.default_rng(seed)
    inputs = model.chain.features.shape[0]
    directions, _ = np.linalg.qr(random.normal(size=(inputs, min(kept, inputs))))
    rule = OpenSetRule(
        origin=random.normal(size=inputs).astype(np.float32),
        directions=directions.astype(np.float32),
        scale=0.7,
        threshold=0.0,
        rejected_fraction=0.05,
    )
    pictures = noise(model, 101)
    result = score(rule, features_of(model, pictures), Predictor(model).logits(pictures) / model.temperature)
    return dataclasses.replace(model, open_set=dataclasses.replace(rule, threshold=float(np.median(result))))


def noise(model, count):
    size = model.preparation
    shape = (count, size.height, size.width, size.channels)
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="module", params=["4C3-MP2-6N", "3C3-MP2", "2C3-7N-5N", "AP2"])
def model(request, make_model):
    return with_rule(dataclasses.replace(make_model(request.param), temperature=1.7))


def test_both_graphs_compute_what_the_definition_says(model):
    pictures = noise(model, 101)
    predictor = Predictor(model)
    expected = score(
        model.open_set, features_of(model, pictures), predictor.logits(pictures) / model.temperature
    )
    answers = predictor.answers(pictures)
    np.testing.assert_allclose([one.score for one in answers], expected, rtol=1e-4, atol=1e-4)
    graph = build_raw_graph(model)
    onnx.checker.check_model(graph, full_check=True)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    scores, unknown = session.run(["score", "unknown"], {"pictures": pictures})
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
    far = np.abs(expected - model.open_set.threshold) > 1e-3
    assert far.sum() > 90
    for result in (unknown, np.array([one.unknown for one in answers])):
        assert (result == (expected < model.open_set.threshold))[far].all()
    assert 30 < unknown.sum() < 70


def test_probabilities_are_those_of_the_model_without_a_rule(model):
    pictures = noise(model, 5)
    bare = Predictor(dataclasses.replace(model, open_set=None))
    rows = [one.probabilities for one in Predictor(model).answers(pictures)]
    np.testing.assert_allclose(rows, bare.probabilities(pictures), rtol=1e-6)
    assert [(one.score, one.unknown) for one in bare.answers(pictures)] == [(None, False)] * 5


def test_the_export_is_held_against_the_score_too(model):
    other = dataclasses.replace(model, open_set=dataclasses.replace(model.open_set, scale=0.6))
    with pytest.raises(Exception, match="differs most on"):
        compare(build_raw_graph(other), model, noise_pictures(model.preparation))
    assert compare(build_raw_graph(model), model, noise_pictures(model.preparation)).difference < 1e-5


def test_a_prediction_says_so(make_model):
    model = with_rule(make_model())
    pictures = noise(model, 20)
    threshold = np.float32(model.open_set.threshold)
    predictions = Classifier(model).predict(list(pictures))
    assert all(one.unknown == (one.score < threshold) for one in predictions)
    assert {one.unknown for one in predictions} == {True, False}


def by_the_paper(train, weight, bias, kept, features):
    """ViM as its authors' text defines it, with the directions outside rather than those inside."""
    origin = -np.linalg.pinv(weight) @ bias
    _, vectors = np.linalg.eigh((train - origin).T @ (train - origin))
    outside = vectors[:, : train.shape[1] - kept]
    length = np.linalg.norm((train - origin) @ outside, axis=1)
    scale = (train @ weight.T + bias).max(axis=1).mean() / length.mean()
    residual = np.linalg.norm((features - origin) @ outside, axis=1)
    return logsumexp(features @ weight.T + bias, axis=1) - scale * residual


@settings(max_examples=30)
@given(st.integers(4, 12), st.integers(2, 5), st.integers(0, 1_000))
def test_the_fit_is_that_of_the_paper(inputs, classes, seed):
    random = np.random.default_rng(seed)
    train, validation = (np.abs(random.normal(size=(count, inputs))) for count in (60, 40))
    weight, bias = random.normal(size=(classes, inputs)), random.normal(size=classes) + 3
    rule = fit(train, validation, weight, bias)
    result = score(rule, validation, validation @ weight.T + bias)
    expected = by_the_paper(train, weight, bias, inputs // 2, validation)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-3)
    assert (result < rule.threshold - 1e-9).sum() == 1  # the second smallest of 40: 0.05 (40 + 1)


def test_new_pictures_of_known_classes_are_refused_as_seldom_as_was_asked():
    random = np.random.default_rng(0)
    weight, bias = random.normal(size=(3, 8)), np.full(3, 4.0)
    shares = []
    for _ in range(200):
        train, validation, new = (np.abs(random.normal(size=(count, 8))) for count in (50, 99, 200))
        rule = fit(train, validation, weight, bias)
        shares.append((score(rule, new, new @ weight.T + bias) < rule.threshold).mean())
    assert np.mean(shares) == pytest.approx(0.05, abs=4 * np.std(shares) / np.sqrt(200))


@pytest.mark.parametrize(("train", "validation", "inputs"), [(50, 18, 8), (1, 50, 8), (50, 50, 1), (0, 0, 8)])
def test_of_too_few_nothing_is_concluded(train, validation, inputs):
    weight, bias = np.ones((2, inputs)), np.zeros(2)
    assert fit(np.ones((train, inputs)), np.ones((validation, inputs)), weight, bias) is None


def test_features_that_are_all_alike_leave_the_energy():
    weight, bias = np.array([[1.0, 0, 0], [0, 1, 0]]), np.array([1.0, 2])
    alike = np.broadcast_to(-np.linalg.pinv(weight) @ bias, (40, 3))
    rule = fit(alike, alike, weight, bias)
    result = score(rule, np.random.default_rng(0).normal(size=(5, 3)), np.zeros((5, 2)))
    np.testing.assert_allclose(result, np.log(2))


def test_the_rule_is_kept_in_the_model_file(model, tmp_path):
    save(model, tmp_path / "m")
    loaded = load(tmp_path / "m")
    assert loaded.open_set.numbers() == model.open_set.numbers()
    np.testing.assert_array_equal(loaded.open_set.origin, model.open_set.origin)
    np.testing.assert_array_equal(loaded.open_set.directions, model.open_set.directions)
    assert loaded.weights.keys() == model.weights.keys()
    pictures = noise(model, 5)
    assert [a.score for a in Predictor(loaded).answers(pictures)] == [
        a.score for a in Predictor(model).answers(pictures)
    ]


def changed(path, change):
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    fields = json.loads(header["__metadata__"]["convscope"])
    change(fields)
    header["__metadata__"]["convscope"] = json.dumps(fields)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[end:])
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(open_set=None),
        lambda fields: fields.pop("open_set"),
        lambda fields: fields["open_set"].update(directions=3),
        lambda fields: fields["open_set"].update(directions=2**40),
        lambda fields: fields["open_set"].update(directions=0),
        lambda fields: fields["open_set"].update(scale=-1.0),
        lambda fields: fields["open_set"].update(threshold="low"),
        lambda fields: fields["open_set"].update(rejected_fraction=1.0),
        lambda fields: fields["open_set"].pop("threshold"),
        lambda fields: fields["open_set"].update(more=1),
    ],
)
def test_a_rule_that_does_not_fit_is_refused(make_model, tmp_path, change):
    save(with_rule(make_model()), tmp_path / "m")
    with pytest.raises(ModelFileError):
        load(changed(tmp_path / "m", change))


def test_a_rule_that_does_not_fit_is_not_saved(make_model, tmp_path):
    model = with_rule(make_model())
    short = dataclasses.replace(model.open_set, origin=model.open_set.origin[1:])
    with pytest.raises(ModelFileError, match=r"open_set\.origin"):
        save(dataclasses.replace(model, open_set=short), tmp_path / "m")
    assert not (tmp_path / "m").exists()
