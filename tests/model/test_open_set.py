"""Which pictures are rejected as unknown: by definition, in the graphs, and in the model file."""

import dataclasses
import json

import numpy as np
import onnx
import onnxruntime
import pytest

from convscope.classifier import Classifier
from convscope.errors import ModelFileError
from convscope.model.export import compare, noise_pictures
from convscope.model.features import compute_features
from convscope.model.file import load, save
from convscope.model.nearest import MOST_SIMILAR, Nearest
from convscope.model.open_set import OpenSetRule
from convscope.model.predictor import Predictor
from convscope.model.raw_graph import build_raw_graph
from convscope.model.virtual_logit import VirtualLogit


def features_of(model, pictures):
    return np.concatenate(
        [result for _, result in compute_features(model, pictures, np.arange(len(pictures)))]
    )


def virtual_logit(inputs, seed=0, kept=2):
    random = np.random.default_rng(seed)
    directions, _ = np.linalg.qr(random.normal(size=(inputs, min(kept, inputs))))
    return VirtualLogit(
        origin=random.normal(size=inputs).astype(np.float32),
        directions=directions.astype(np.float32),
        scale=0.7,
        threshold=0.0,
        rejected_fraction=0.05,
    )


def nearest(inputs, seed=0, kept=3):
    random = np.random.default_rng(seed)
    directions, _ = np.linalg.qr(random.normal(size=(inputs, min(kept, inputs))))
    return Nearest(
        scale=random.uniform(0.5, 2, inputs).astype(np.float32),
        directions=directions.astype(np.float32),
        known=random.normal(size=(7, min(kept, inputs))).astype(np.float32),
        pictures=tuple(f"{number:016x}" for number in (3, 1, 4, 15, 9, 2, 6)),
        labels=(0, 1, 0, 1, 1, 0, 1),
        threshold=0.0,
        rejected_fraction=0.05,
    )


def with_rule(model, make_rule=virtual_logit):
    """The model with a rule that rejects about half of all noise as unknown."""
    rule = make_rule(model.chain.features.shape[0])
    pictures = noise(model, 101)
    result = rule.score(features_of(model, pictures), Predictor(model).logits(pictures) / model.temperature)
    return dataclasses.replace(model, open_set=dataclasses.replace(rule, threshold=float(np.median(result))))


def noise(model, count):
    size = model.preparation
    shape = (count, size.height, size.width, size.channels)
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


@pytest.fixture(
    scope="module", params=["4C3-MP2-6N", "3C3-MP2", "2C3-17N-15N", "AP2", "4C3-K-D3s2or6-5C1l-J"]
)
def bare(request, make_model):
    return dataclasses.replace(make_model(request.param), temperature=1.7)


@pytest.fixture(scope="module", params=[virtual_logit, nearest])
def model(request, bare):
    return with_rule(bare, request.param)


def test_both_graphs_compute_what_the_definition_says(model):
    pictures = noise(model, 101)
    predictor = Predictor(model)
    logits = predictor.logits(pictures) / model.temperature
    expected = model.open_set.score(features_of(model, pictures), logits)
    answers = predictor.answers(pictures)
    np.testing.assert_allclose([one.score for one in answers], expected, rtol=1e-4, atol=1e-4)
    graph = build_raw_graph(model)
    onnx.checker.check_model(graph, full_check=True)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    scores, unknown = session.run(["score", "unknown"], {"pictures": pictures})
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
    far = np.abs(expected - model.open_set.threshold) > 1e-3 * np.ptp(expected)
    assert far.sum() > 90
    for result in (unknown, np.array([one.unknown for one in answers])):
        assert (result == (expected < model.open_set.threshold))[far].all()
    assert 30 < unknown.sum() < 70


def test_the_nearest_pictures_are_those_of_the_definition(bare):
    model = with_rule(bare, nearest)
    pictures = noise(model, 40)
    cosines = model.open_set.cosines(features_of(model, pictures))
    for answer, row in zip(Predictor(model).answers(pictures), cosines, strict=True):
        expected = np.sort(row)[::-1][:MOST_SIMILAR]
        np.testing.assert_allclose([one.similarity for one in answer.similar], expected, rtol=1e-4, atol=1e-5)
        for one in answer.similar:
            position = model.open_set.pictures.index(one.digest)
            assert one.similarity == pytest.approx(row[position], rel=1e-4, abs=1e-5)
            assert one.label == model.open_set.labels[position]
        assert answer.score == answer.similar[0].similarity


def test_probabilities_are_those_of_the_model_without_a_rule(model):
    pictures = noise(model, 5)
    bare = Predictor(dataclasses.replace(model, open_set=None))
    rows = [one.probabilities for one in Predictor(model).answers(pictures)]
    np.testing.assert_allclose(rows, bare.probabilities(pictures), rtol=1e-6)
    assert [(one.score, one.unknown) for one in bare.answers(pictures)] == [(None, False)] * 5


def test_the_export_is_held_against_the_score_too(model):
    scale = model.open_set.scale
    scale = scale[::-1].copy() if isinstance(scale, np.ndarray) else 0.6
    other = dataclasses.replace(model, open_set=dataclasses.replace(model.open_set, scale=scale))
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


def test_the_rule_is_kept_in_the_model_file(model, tmp_path):
    save(model, tmp_path / "m")
    loaded = load(tmp_path / "m")
    assert loaded.open_set.numbers() == model.open_set.numbers()
    assert isinstance(loaded.open_set, OpenSetRule)
    assert type(loaded.open_set) is type(model.open_set)
    for name, tensor in model.open_set.tensors().items():
        np.testing.assert_array_equal(loaded.open_set.tensors()[name], tensor)
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


EITHER = [
    lambda fields: fields.update(open_set=None),
    lambda fields: fields.pop("open_set"),
    lambda fields: fields["open_set"].update(directions=4),
    lambda fields: fields["open_set"].update(directions=2**40),
    lambda fields: fields["open_set"].update(directions=0),
    lambda fields: fields["open_set"].update(threshold="low"),
    lambda fields: fields["open_set"].update(rejected_fraction=1.0),
    lambda fields: fields["open_set"].pop("threshold"),
    lambda fields: fields["open_set"].update(more=1),
    lambda fields: fields["open_set"].update(kind="another"),
    lambda fields: fields["open_set"].pop("kind"),
]


@pytest.mark.parametrize("change", [*EITHER, lambda fields: fields["open_set"].update(scale=-1.0)])
def test_a_virtual_logit_that_does_not_fit_is_refused(make_model, tmp_path, change):
    save(with_rule(make_model()), tmp_path / "m")
    with pytest.raises(ModelFileError):
        load(changed(tmp_path / "m", change))


@pytest.mark.parametrize(
    "change",
    [
        *EITHER,
        lambda fields: fields["open_set"].update(scale=1.0),
        lambda fields: fields["open_set"].update(pictures=["0" * 16] * 2, labels=[0, 1]),
        lambda fields: fields["open_set"].update(pictures=[], labels=[]),
        lambda fields: fields["open_set"].update(pictures=["cats/tom.jpg"] * 7),
        lambda fields: fields["open_set"].update(pictures=["0" * 16] * 100_000, labels=[0] * 100_000),
        lambda fields: fields["open_set"].update(labels=[0] * 6),
        lambda fields: fields["open_set"].update(labels=[99] * 7),
        lambda fields: fields["open_set"].update(labels=[-1] * 7),
    ],
)
def test_nearest_pictures_that_do_not_fit_are_refused(make_model, tmp_path, change):
    save(with_rule(make_model(), nearest), tmp_path / "m")
    with pytest.raises(ModelFileError):
        load(changed(tmp_path / "m", change))


def test_a_rule_that_does_not_fit_is_not_saved(make_model, tmp_path):
    model = with_rule(make_model())
    short = dataclasses.replace(model.open_set, origin=model.open_set.origin[1:])
    with pytest.raises(ModelFileError, match=r"open_set\.origin"):
        save(dataclasses.replace(model, open_set=short), tmp_path / "m")
    assert not (tmp_path / "m").exists()
