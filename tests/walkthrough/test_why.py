"""Grad-CAM compared with PyTorch's gradients, occlusion with one prediction per position."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from convscope.model.predictor import Predictor
from convscope.walkthrough.grad_cam import grad_cam, layer_of
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.occlusion import occlude
from convscope.walkthrough.why import why


def picture(height, width, channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


@pytest.mark.parametrize("class_index", [0, 1, 2])
def test_grad_cam_is_pytorch_s(make_model, class_index):
    model = make_model("4C3-MP2-5C3-MP2o-6N", (3, 10, 12))
    steps = forward(model, picture(10, 12, 3))
    layer = layer_of(steps)
    maps = torch.from_numpy(layer.output)[None].requires_grad_()
    weights = {name: torch.from_numpy(weight).double() for name, weight in model.weights.items()}
    pooled = functional.max_pool2d(maps, 2, ceil_mode=True).flatten(1)
    hidden = functional.linear(
        pooled, weights["full_connection_1.weight"], weights["full_connection_1.bias"]
    ).relu()
    logits = functional.linear(hidden, weights["full_connection_2.weight"], weights["full_connection_2.bias"])
    logits[0, class_index].backward()
    expected = (maps.grad.mean(dim=(2, 3), keepdim=True) * maps).sum(1)[0].relu().detach()
    evidence = grad_cam(steps, model, layer, class_index)
    assert layer.name == "convolution_2.relu"
    np.testing.assert_allclose(evidence, expected / max(float(expected.max()), 1e-300), atol=1e-12)


def test_the_last_convolution_with_places_is_looked_at(make_model):
    steps = forward(make_model("2C3-MP4-3C2p0", (3, 8, 8)), picture(8, 8, 3))
    assert layer_of(steps).name == "convolution_1.relu"
    only = forward(make_model("2C3p0", (1, 3, 3)), picture(3, 3, 1))
    assert layer_of(only).name == "convolution_1.relu"


def test_where_nothing_speaks_for_a_class_the_map_is_empty(make_model):
    model = make_model("2C3", (1, 6, 6))
    silent = replace(model, weights={name: 0 * weight for name, weight in model.weights.items()})
    steps = forward(silent, picture(6, 6, 1))
    assert not grad_cam(steps, silent, layer_of(steps), 0).any()


def test_a_square_costs_what_a_prediction_with_it_says(make_model):
    model = make_model("4C3-MP2-5N", (3, 12, 17))
    predictor, pixels = Predictor(model), picture(12, 17, 3)
    evidence = occlude(predictor, pixels, model.mean)
    assert (evidence.window, evidence.stride) == ((3, 4), (1, 1))
    whole = predictor.probabilities(pixels[np.newaxis])[0, 1]
    for row, column in ((0, 0), (4, 7), (9, 13)):
        covered = pixels.copy()
        covered[row : row + 3, column : column + 4] = np.rint(model.mean)
        expected = whole - predictor.probabilities(covered[np.newaxis])[0, 1]
        assert evidence.lost[1, row, column] == pytest.approx(expected, abs=1e-6)


def test_hiding_the_only_bright_spot_costs_the_answer(brightness):
    pixels = np.full((8, 8, 1), 120, np.uint8)
    pixels[2:4, 4:6] = 255
    lost = occlude(Predictor(brightness), pixels, brightness.mean)
    assert np.unravel_index(lost.lost[1].argmax(), lost.lost[1].shape) == (2, 4)
    by_pixel = lost.by_pixel(1, 8, 8)
    assert by_pixel[2:4, 4:6].min() > by_pixel[6:, :2].max()


def test_why_tells_both_of_every_class(make_model):
    model = make_model("4C3-MP2", (3, 8, 8))
    pixels = picture(8, 8, 3)
    steps = forward(model, pixels)
    explanation = why(steps, model, Predictor(model), pixels)
    assert [one.class_index for one in explanation.grad_cam.classes] == [0, 1, 2]
    predicted = int(steps[-1].input.argmax())
    assert explanation.grad_cam.map == explanation.grad_cam.classes[predicted].map
    lost = occlude(Predictor(model), pixels, model.mean).lost
    for index, one in enumerate(explanation.occlusion.classes):
        assert one.class_index == index
        np.testing.assert_allclose(one.map.values(), lost[index], atol=1e-6)


def test_a_network_without_convolution_has_no_grad_cam(brightness):
    pixels = picture(8, 8, 1)
    assert why(forward(brightness, pixels), brightness, Predictor(brightness), pixels).grad_cam is None
