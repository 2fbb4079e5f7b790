"""The document and the page as text. Its behaviour is tested in tests/web/test_playground*.py."""

import base64
import dataclasses
import json
import re
import zlib

import numpy as np
import pytest

from convscope.errors import NetworkError
from convscope.model.predictor import Predictor
from convscope.playground.page import (
    Drawings,
    drawings_document,
    network_document,
    page,
    shapes_drawings,
    shapes_network,
)

HOSTILE = '</script><script>alert("1")</script>'


@pytest.fixture
def drawings():
    random = np.random.default_rng(0)
    return Drawings(random.integers(0, 256, (6, 8, 8), np.uint8), np.array([0, 1, 2, 0, 1, 2]))


def pixels_of(drawings):
    return np.frombuffer(zlib.decompress(base64.b64decode(drawings["pixels"]["data"]), -15), np.uint8)


def numbers(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


def test_it_may_start_a_worker_and_nothing_else():
    text = page(shapes_network(), shapes_drawings())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("worker-src") == "blob:"
    assert rules.keys() == {"default-src", "img-src", "style-src", "script-src", "base-uri", "form-action"}
    assert not re.search("unsafe|http|blob", policy.replace("worker-src blob:", ""))
    assert len(text.encode()) < 3e6


def test_hostile_names_stay_text(make_model, drawings):
    model = dataclasses.replace(make_model(shape=(1, 8, 8)), classes=(HOSTILE, "b", "c"))
    text = page(network_document(model, drawings.pixels[:3], 6), drawings_document(drawings, drawings))
    assert text.count("<script") == text.count("</script>") == 3
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert json.loads(data)["classes"][0] == HOSTILE


def test_the_temperature_is_part_of_the_output_layer(make_model, drawings):
    """The softmax of the logits then gives the model's probabilities."""
    model = dataclasses.replace(make_model("MP8", (1, 8, 8)), temperature=2.5)
    weights = network_document(model, drawings.pixels[:3], 6)["weights"]
    picture = drawings.pixels[:1, :, :, np.newaxis]
    pooled = (picture.max() - model.mean[0]) / model.std[0]
    logits = numbers(weights["full_connection_1.weight"]) * pooled + numbers(
        weights["full_connection_1.bias"]
    )
    powers = np.exp(logits - logits.max())
    assert powers / powers.sum() == pytest.approx(Predictor(model).probabilities(picture)[0], abs=1e-6)


def test_drawings_keep_sixteen_greys_and_their_labels(drawings):
    training = drawings_document(drawings, drawings)["training"]
    pixels = pixels_of(training).reshape(drawings.pixels.shape)
    assert {*np.unique(pixels)} <= {*range(0, 256, 17)}
    assert np.abs(pixels.astype(int) - drawings.pixels).max() <= 8
    assert training["labels"] == drawings.labels.tolist()


def test_the_examples_are_one_of_each_class_and_the_first_of_those_to_test_with():
    made, drawings = shapes_network(), shapes_drawings()["validation"]
    examples = np.frombuffer(base64.b64decode(made["examples"]), np.uint8)
    assert drawings["labels"][:9] == [*range(9)]
    first = pixels_of(drawings)[: len(examples)]
    assert np.abs(examples.astype(int) - first).max() <= 8
    assert made["count"] == len(shapes_drawings()["training"]["labels"])


def test_no_drawing_is_learned_from_and_tested_with():
    training, validation = (
        {row.tobytes() for row in pixels_of(shapes_drawings()[part]).reshape(-1, 28 * 28)}
        for part in ("training", "validation")
    )
    assert not training & validation


@pytest.mark.parametrize(
    ("notation", "channels", "why"),
    [
        ("4C3", 3, "3 channels"),
        ("4C3-D3", 1, "depthwise"),
        ("4C3-(4C3)+", 1, "addition"),
        ("4C3r6", 1, "relu6"),
    ],
)
def test_what_the_page_cannot_compute_is_refused(make_model, drawings, notation, channels, why):
    with pytest.raises(NetworkError, match=why):
        network_document(make_model(notation, (channels, 8, 8)), drawings.pixels[:3], 6)
