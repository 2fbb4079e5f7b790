"""The stored networks of a run, over a real socket."""

import numpy as np
import pytest

import convscope
from convscope.pictures.sources import open_source
from convscope.steps import convolution, max_pooling, relu
from convscope.steps.windows import Windows
from convscope.training.runs import runner
from convscope.training.settings import Settings
from convscope.walkthrough.arrays import EncodedArray


def decoded(packed):
    return EncodedArray.model_validate(packed).values()


@pytest.mark.slow
def test_each_epochs_filters_and_maps_are_those_of_its_file(start_studio, tmp_path):
    run = tmp_path / "home" / "runs" / "seen"
    runner.train("digits", Settings(network="20C3-MP2", epochs=2), output=run, keep_epochs=True)
    studio = start_studio()
    assert studio.get("/api/runs/seen/epochs") == {"epochs": [0, 1, 2]}
    digits = open_source("digits")
    for epoch in (0, 1, 2):
        shown = studio.get(f"/api/runs/seen/epochs/{epoch}?place=5")
        classifier = convscope.load(run / "epochs" / f"000{epoch}.safetensors")
        model, pixels = classifier.model, digits.read(5)
        assert shown["label"] == digits.items[5].label
        np.testing.assert_array_equal(decoded(shown["pixels"])[0], pixels)
        assert shown["probabilities"] == pytest.approx(classifier.predict_proba(pixels)[0])
        weight, bias = (model.weights[f"convolution_1.{name}"] for name in ("weight", "bias"))
        np.testing.assert_array_equal(decoded(shown["filters"]), weight)
        normal = (pixels[None] - model.mean[0]) / model.std[0]
        expected = relu.forward(convolution.forward(normal, weight, bias, Windows((3, 3), padding=(1, 1))))
        np.testing.assert_allclose(decoded(shown["maps"]), expected, atol=1e-4)
        assert (shown["step"], shown["steps"]) == (
            "convolution_1.relu",
            ["convolution_1.relu", "max_pooling_1"],
        )
        pooled = studio.get(f"/api/runs/seen/epochs/{epoch}?place=5&step=max_pooling_1")
        expected = max_pooling.forward(expected, Windows((2, 2), (2, 2)))
        np.testing.assert_allclose(decoded(pooled["maps"]), expected, atol=1e-4)
    kept = studio.post("/api/runs/seen/epochs/1/kept")
    assert (kept["name"], kept["origin"]) == ("seen epoch 1", "kept")
    model = f"/api/models/{kept['id']}"
    assert studio.get(model)["data"] == studio.data("digits")
    answer = studio.get(f"{model}/answer?picture=data.{studio.data('digits')}.5")
    first = convscope.load(run / "epochs" / "0001.safetensors")
    assert answer["after"] == pytest.approx(first.predict_proba(digits.read(5))[0], abs=1e-6)
    assert studio.post("/api/runs/seen/epochs/1/kept")["name"] == "seen epoch 1-2"
    assert studio.ask("POST", "/api/runs/seen/epochs/3/kept")[0] == 404
    assert studio.ask("GET", "/api/runs/seen/epochs/3")[0] == 404
    assert studio.ask("GET", "/api/runs/seen/epochs/1?place=99999")[0] == 404
    assert studio.ask("GET", "/api/runs/seen/epochs/1?step=softmax")[0] == 404
    assert studio.ask("GET", "/api/runs/none/epochs")[0] == 404


@pytest.mark.slow
def test_one_begins_with_filters_that_are_learned_and_hears_which_are_not(start_studio, tmp_path):
    run = tmp_path / "home" / "runs" / "seen"
    settings = Settings(network="16C3-MP2-12C3", epochs=2)
    runner.train("digits", settings, output=run, keep_epochs=True)
    studio = start_studio()
    shown = [studio.get(f"/api/runs/seen/epochs/{epoch}?place=5") for epoch in (0, 2)]
    first = [studio.get(f"/api/runs/seen/epochs/{epoch}?place=5&step=convolution_1.relu") for epoch in (0, 2)]
    assert [one["step"] for one in shown] == ["convolution_2.relu"] * 2
    assert decoded(shown[0]["filters"]).shape == (12, 16, 3, 3)
    assert [one["computed"] for one in shown] == ["convolution_1"] * 2
    np.testing.assert_array_equal(*(decoded(one["filters"]) for one in first))
    before, after = (decoded(one["filters"]) for one in shown)
    assert np.abs(after - before).max() > 0.01
    untrained, trained = (max(one["probabilities"]) for one in shown)
    assert untrained < trained
