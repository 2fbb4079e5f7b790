import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
from PIL import Image

from convscope.classifier import Classifier
from convscope.errors import ConvscopeError, ExportError
from convscope.model.export import RAW_BOUND, compare, export, noise_pictures, raw_pictures
from convscope.model.file import Model
from convscope.model.raw_graph import build_raw_graph
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source

MakeModel = Callable[..., Model]


@pytest.fixture(scope="module", params=["stretch", "pad", "crop"])
def model(request: pytest.FixtureRequest, make_model: MakeModel) -> Model:
    made = make_model("4C3-MP2-(D3r6-4C1l)+-K-D3s2p0or6-5C1l-J-6N", (3, 16, 12), 3)
    return dataclasses.replace(
        made,
        temperature=1.7,
        preparation=Preparation(3, 16, 12, request.param),
        classes=("Kätzchen", "dog, 'wolf'", "<b>"),
        figures={"accuracy_fraction": 0.5},
        receipt={"seed": "0"},
    )


@pytest.fixture
def path(model: Model, tmp_path: Path) -> Path:
    export(model, tmp_path / "model.onnx", licence="CC0-1.0")
    return tmp_path / "model.onnx"


def test_another_program_gets_the_same_answer_from_raw_pixels(path: Path, model: Model) -> None:
    session = onnxruntime.InferenceSession(path)
    for name, pixels in noise_pictures(model.preparation):
        probabilities, label = session.run(["probabilities", "label"], {"pictures": pixels[np.newaxis]})
        expected = Classifier(model).predict_proba(pixels)
        np.testing.assert_allclose(probabilities, expected, atol=1e-5, err_msg=name)
        assert label.tolist() == [expected.argmax()]


def test_openvino_agrees_nearly(path: Path, model: Model) -> None:
    """It computes the resizing weights in float32, so one pixel in a hundred may be one level off."""
    network = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for name, pixels in noise_pictures(model.preparation):
        result = network({"pictures": pixels[np.newaxis]})
        expected = Classifier(model).predict_proba(pixels)
        np.testing.assert_allclose(result["probabilities"], expected, atol=2 * RAW_BOUND, err_msg=name)


def test_the_file_says_what_it_is(path: Path, model: Model) -> None:
    graph = onnx.load(path)
    onnx.checker.check_model(graph, full_check=True)
    said = {entry.key: entry.value for entry in graph.metadata_props}
    assert json.loads(said["classes"]) == list(model.classes)
    assert json.loads(said["preparation"]) == dataclasses.asdict(model.preparation)
    assert json.loads(said["receipt"]) == dict(model.receipt)
    assert said["licence"] == "CC0-1.0"
    assert said["convscope_format"] == "1"


def test_a_graph_of_other_weights_is_found_out_and_the_worst_picture_named(model: Model) -> None:
    other = {name: weight * np.float32(1.01) for name, weight in model.weights.items()}
    graph = build_raw_graph(dataclasses.replace(model, weights=other))
    black = np.zeros((16, 12, 3), np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (16, 12, 3), np.uint8)
    answers = [
        [Classifier(one).predict_proba(pixels) for one in (model, dataclasses.replace(model, weights=other))]
        for pixels in (black, noise)
    ]
    worst = ("black", "noise")[int(np.argmax([np.abs(a - b).max() for a, b in answers]))]
    with pytest.raises(ExportError, match=f"differs most on {worst}"):
        compare(graph, model, [("black", black), ("noise", noise)])


def test_another_way_of_resizing_is_found_out(model: Model) -> None:
    others = {"stretch": "pad", "pad": "crop", "crop": "stretch"}
    preparation = dataclasses.replace(model.preparation, fit=others[model.preparation.fit])
    with pytest.raises(ExportError, match="noise"):
        compare(
            build_raw_graph(dataclasses.replace(model, preparation=preparation)),
            model,
            noise_pictures(model.preparation),
        )


def test_a_file_that_cannot_be_written_leaves_what_was_there(model: Model, tmp_path: Path) -> None:
    with pytest.raises(ConvscopeError, match="nowhere"):
        export(model, tmp_path / "nowhere" / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_a_source_are_read_as_prediction_reads_them(pets: Path, brightness: Model) -> None:
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8))
    photo.save(pets / "dark" / "large.jpg")
    source = open_source(pets)
    names = [item.name for item in source.items if item.name.endswith(("large.jpg", "3.png"))]
    result = dict(raw_pictures(source, names, brightness.preparation))
    assert set(result) == set(names)
    assert sorted(pixels.shape for pixels in result.values()) == [(12, 10, 1), (12, 10, 1), (38, 50, 3)]
    agreement = compare(build_raw_graph(brightness), brightness, result.items())
    assert agreement.pictures == 3
    assert agreement.difference < 1e-5
