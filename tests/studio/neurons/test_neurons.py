"""The survey of neurons over a real socket."""

import time

import numpy as np
import pytest

from convscope.classifier import load
from convscope.model.selection import select
from convscope.walkthrough.arrays import EncodedArray
from convscope.walkthrough.neurons import collect_activations

pytestmark = pytest.mark.usefixtures("cache")


def survey(studio, address):
    while (told := studio.get(address))["state"] in {"preparing", "showing"}:
        time.sleep(0.1)
    return told


def test_the_survey_is_that_of_the_library(studio_server, digits_model):
    data, model = studio_server.data("digits"), studio_server.model("digits")
    told = survey(studio_server, f"/api/models/{model}/neurons?data={data}")
    assert told["state"] == "done"
    known = load(digits_model).model
    selection = select("digits", known, "test")
    assert told["pictures"] == np.bincount(selection.labels, minlength=10).tolist()
    for step, expected in zip(told["steps"], collect_activations(known, selection), strict=True):
        assert step["name"] == expected.step
        assert [unit["class_index"] for unit in step["units"]] == expected.classes.tolist()
        for unit, places, mean in zip(step["units"], expected.pictures, expected.mean, strict=True):
            assert unit["places"] == selection.positions[places].tolist()
            np.testing.assert_allclose(unit["mean"], mean, rtol=1e-6)
    first = told["steps"][0]
    assert (first["size"], first["stride"], first["start"]) == ([3, 3], [1, 1], [-1, -1])


def test_classes_that_the_model_does_not_know_are_an_error(studio_server):
    data, model = studio_server.data("digits"), studio_server.model("tone")
    for _ in range(2):  # the second call restarts it
        told = survey(studio_server, f"/api/models/{model}/neurons?data={data}")
        assert told["state"] == "failed"
        assert "does not know the class" in told["error"]
    assert studio_server.ask("GET", f"/api/models/{model}/neurons?data=nothing")[0] == 404
    assert studio_server.ask("GET", f"/api/models/{model}/neurons?data={data}&part=most")[0] == 422


def test_the_weights_of_a_filter(studio_server, digits_model):
    model, known = studio_server.model("digits"), load(digits_model).model
    told = studio_server.get(f"/api/models/{model}/filters/convolution_1/5")
    weights = EncodedArray(**told["weights"]).values()
    np.testing.assert_array_equal(weights, known.weights["convolution_1.weight"][5])
    for nothing in ("convolution_1/8", "full_connection_1/0", "elsewhere/0"):
        assert studio_server.ask("GET", f"/api/models/{model}/filters/{nothing}")[0] == 404
