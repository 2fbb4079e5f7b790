"""Several labels per picture, from training to the predictions of every engine."""

import csv
import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import onnxruntime
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score, f1_score
from typer.testing import CliRunner

import convscope
from convscope.commands.app import app
from convscope.errors import ModelFileError, SettingError
from convscope.model import file
from convscope.model.label_evaluation import LabelEvaluation
from convscope.model.verification import check_data
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store

pytestmark = pytest.mark.slow

NAMES = ("bright", "left", "rare")
SETTINGS = {
    "start": "scratch",
    "network": "8C3-MP2",
    "epochs": 8,
    "batch_size": 16,
    "learning_rate": 0.1,
    "augmentation": "none",
    "precision": "fp32",
    "flip": False,
}


def drawn(count, seed=0):
    """Pictures of 8 x 8: a light ground is `bright`, a white bar on the left `left`, a grey dot `rare`."""
    random = np.random.default_rng(seed)
    truth = random.random((count, 3)) < (0.5, 0.4, 0.1)
    pictures = random.integers(0, 40, (count, 8, 8)).astype(np.uint8)
    pictures[truth[:, 0]] += 150
    pictures[truth[:, 1], :, :2] = 255
    pictures[truth[:, 2], 3:6, 4:7] = 90
    return pictures, truth


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels") / "run"
    pictures, truth = drawn(400)
    sets = [[name for name, there in zip(NAMES, row, strict=True) if there] for row in truth]
    convscope.train((pictures, sets), output=folder, **SETTINGS)
    return folder


@pytest.fixture(scope="module")
def classifier(run):
    return convscope.load(run)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    pictures, truth = drawn(60, seed=1)
    rows = []
    for number, (picture, labels) in enumerate(zip(pictures, truth, strict=True)):
        Image.fromarray(picture).save(folder / f"{number}.png")
        rows.append((f"{number}.png", *labels.astype(int)))
    with (folder / "list.csv").open("w", newline="") as text:
        csv.writer(text).writerows([("path", *NAMES), *rows])
    return folder / "list.csv"


def test_a_small_network_learns_the_labels_and_their_figures_are_scikit_learns(classifier):
    pictures, truth = drawn(300, seed=2)
    probabilities = classifier.predict_proba(list(pictures))
    figures = classifier.evaluate((pictures, truth_as_sets(truth)), "all")
    assert isinstance(figures, LabelEvaluation)
    expected = average_precision_score(truth, probabilities, average="macro")
    assert figures.mean_average_precision == pytest.approx(expected)
    assert expected > 0.6
    predicted = probabilities >= np.array(classifier.model.thresholds)
    assert figures.f1_fraction == pytest.approx(f1_score(truth, predicted, average="micro"))
    assert classifier.classes == NAMES


def truth_as_sets(truth):
    return [[name for name, there in zip(NAMES, row, strict=True) if there] for row in truth]


def test_a_prediction_names_all_labels_that_reach_their_threshold(classifier):
    pictures, _ = drawn(40, seed=3)
    thresholds = dict(zip(NAMES, classifier.model.thresholds, strict=True))
    found = classifier.predict(list(pictures), top=3)
    for one in found:
        expected = [label for label, share in one.top if share >= thresholds[label]]
        assert list(one.labels) == expected
        assert (one.label, one.probability) == one.top[0]
    assert {len(one.labels) for one in found} >= {0, 1, 2}


def test_onnx_gives_the_same_answers(run, classifier):
    pictures, _ = drawn(30, seed=4)
    session = onnxruntime.InferenceSession(run / "model.onnx")
    outputs = [output.name for output in session.get_outputs()]
    assert outputs == ["probabilities", "labels"]
    probabilities, labels = session.run(outputs, {"pictures": pictures[..., None]})
    expected = classifier.predict_proba(list(pictures))
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    np.testing.assert_array_equal(labels, classifier.model.decide(expected))
    stored = json.loads(session.get_modelmeta().custom_metadata_map["thresholds"])
    assert stored == list(classifier.model.thresholds)


def test_the_model_file_keeps_sigmoid_and_thresholds(classifier, tmp_path):
    file.save(classifier.model, tmp_path / "model.safetensors")
    again = file.load(tmp_path / "model.safetensors")
    assert again.thresholds == classifier.model.thresholds
    assert again.chain.last_step == "sigmoid"
    assert again.open_set is None


def test_a_model_file_with_other_thresholds_than_labels_is_refused(classifier, tmp_path):
    with pytest.raises(ModelFileError, match="one threshold"):
        file.save(replace(classifier.model, thresholds=(0.5,)), tmp_path / "model.safetensors")


def test_the_receipt_verifies_the_labels(run, classifier):
    pictures, truth = drawn(400)
    assert check_data(classifier.model, run, (pictures, truth_as_sets(truth))).same
    truth[0, 0] ^= True
    assert check_data(classifier.model, run, (pictures, truth_as_sets(truth))).differences.relabelled


def test_the_commands_answer_with_labels(run, table, tmp_path):
    runner = CliRunner()
    evaluated = runner.invoke(app, ["evaluate", str(run), str(table), "--part", "all", "--json"])
    figures = json.loads(evaluated.stdout)
    assert figures["pictures"] == 60
    assert [one["name"] for one in figures["classes"]] == list(NAMES)
    shown = runner.invoke(app, ["evaluate", str(run), str(table), "--csv", str(tmp_path / "each.csv")])
    assert "mean average precision" in shown.stdout
    rows = list(csv.DictReader((tmp_path / "each.csv").read_text().splitlines()))
    assert {row["truth"] for row in rows} <= {"", *map(";".join, every_set())}
    picture = str(table.parent / "0.png")
    predicted = runner.invoke(app, ["predict", str(run), picture, "--csv", "-"])
    assert predicted.stdout.splitlines()[0] == "picture,labels,bright,left,rare"
    answer = json.loads(runner.invoke(app, ["predict", str(run), picture, "--json"]).stdout)
    assert {one["class"] for one in answer["classes"]} == set(NAMES)


def every_set():
    return [one for count in (1, 2, 3) for one in combinations(NAMES, count)]


def test_what_is_for_one_class_refuses(classifier, tmp_path):
    sets = truth_as_sets(drawn(40)[1])
    head = replace(classifier.model, receipt={**classifier.model.receipt, "start_digest": "0" * 64})
    file.save(head, tmp_path / "head.safetensors")
    with pytest.raises(SettingError, match="several labels") as caught:
        convscope.train((drawn(40)[0], sets), start=str(tmp_path / "head.safetensors"))
    assert "a head on pretrained features" in caught.value.why
    with pytest.raises(SettingError, match="--class-weights"):
        convscope.train((drawn(40)[0], sets), class_weights=True, start="scratch")
    html = classifier._repr_html_()
    assert "labels" in html
    assert "bright, left, rare" in html


def further(start, labels):
    """Continue training a model with so small a rate that its weights hardly change."""
    pictures, _ = drawn(60, seed=5)
    rate = {"epochs": 1, "batch_size": 60, "learning_rate": 1e-6, "augmentation": "none", "flip": False}
    return convscope.train((pictures, labels), start=str(start), precision="fp32", **rate).model


def output_rows(model):
    weight, bias = (model.weights[name] for name in model.chain.output.parameters)
    return {name: np.append(weight[row], bias[row]) for row, name in enumerate(model.classes)}


def test_a_network_goes_on_with_the_labels_it_knows_by_name(run, classifier):
    _, truth = drawn(60, seed=5)
    names = ("bright", "left", "new")  # `rare` is dropped
    sets = [[name for name, there in zip(names, row, strict=True) if there] for row in truth]
    model = further(run, sets)
    assert model.classes == names
    assert model.thresholds is not None
    known, now = output_rows(classifier.model), output_rows(model)
    for name in ("bright", "left"):
        np.testing.assert_allclose(now[name], known[name], rtol=0.05, atol=0.02)


def test_a_network_of_labels_goes_on_with_classes_and_the_other_way_round(run):
    _, truth = drawn(60, seed=5)
    classes = ["bright" if row[0] else "dark" for row in truth]
    single = further(run, classes)
    assert (single.classes, single.thresholds) == (("bright", "dark"), None)
    assert single.chain.last_step == "softmax"
    sets = [["bright"] if row[0] else ["left"] * bool(row[1]) for row in truth]
    file.save(single, run.parent / "single.safetensors")
    again = further(run.parent / "single.safetensors", sets)
    assert (again.classes, again.chain.last_step) == (("bright", "left"), "sigmoid")
    np.testing.assert_allclose(
        output_rows(again)["bright"], output_rows(single)["bright"], rtol=0.05, atol=0.02
    )


def test_the_estimator_takes_and_gives_the_matrices_of_a_binarizer():
    pictures, truth = drawn(60)
    matrix = np.column_stack([truth, np.zeros(60, bool)]).astype(int)  # the last label never occurs
    settings = {name: value for name, value in SETTINGS.items() if name != "epochs"}
    estimator = convscope.ConvscopeClassifier(epochs=1, **settings).fit(pictures, matrix)
    probabilities, predicted = estimator.predict_proba(pictures), estimator.predict(pictures)
    assert probabilities.shape == predicted.shape == (60, 4)
    thresholds = np.array([*estimator.classifier_.model.thresholds, 1.0])
    np.testing.assert_array_equal(predicted, (probabilities >= thresholds).astype(int))
    assert estimator.classes_.tolist() == [0, 1, 2, 3]
    assert not probabilities[:, 3].any()
    assert estimator.score(pictures, matrix) == (predicted == matrix).all(axis=1).mean()


def test_near_duplicates_with_one_label_set_stay_together(tmp_path):
    pictures, truth = drawn(40)
    large = pictures.repeat(4, axis=1).repeat(4, axis=2)
    large[1] = large[0]
    large[1, 0, 0] ^= 1
    sets = truth_as_sets(truth)
    sets[0] = sets[1] = list(NAMES)  # the only two with all labels
    store = build_store(open_source((large, sets)), Preparation(1, 32, 32), folder=tmp_path)
    found = split(store)
    sides = [{0, 1} & set(part.tolist()) for part in (found.train, found.validation, found.test)]
    assert {0, 1} in sides
