"""The class map: bias and positions sum to the logit, also according to PyTorch."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from convscope.model.predictor import Predictor
from convscope.walkthrough.class_map import averaged_steps, class_map
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.why import why


def picture(height, width, channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


NETWORKS = ["4C3-J", "4C3-MP2-5C3l-AP6x7", "6C3-K-(6C3-6C3l)+-K-5C3s2p0or6-J", "4C3-K-6C3s3-J"]


@pytest.mark.parametrize("notation", NETWORKS)
def test_bias_and_places_are_the_logit(make_model, notation):
    model = make_model(notation, (3, 12, 14), classes=4)
    steps = forward(model, picture(12, 14, 3))
    logits = steps[-1].input
    for index in range(4):
        found = class_map(steps, model, index)
        exact = found.bias + sum(map_.sum() for map_ in found.maps.values())
        assert found.logit == logits[index]
        assert exact == pytest.approx(logits[index], abs=1e-9)
        assert found.bias + found.on_finest().sum() == pytest.approx(logits[index], abs=1e-9)


def test_a_place_adds_what_its_features_weigh_in_the_mean(make_model):
    model = make_model("4C3-K-6C3s3-J", (3, 12, 12), classes=3)
    steps = forward(model, picture(12, 12, 3))
    outputs = {step.name: torch.from_numpy(step.output) for step in steps}
    weights = torch.from_numpy(model.weights["full_connection_1.weight"]).double()
    early, late = outputs["convolution_1.relu"], outputs["convolution_2.relu"]
    found = class_map(steps, model, 1).maps
    np.testing.assert_allclose(
        found["convolution_1.relu"], torch.einsum("c,cyx->yx", weights[1, :4], early) / 144, rtol=1e-12
    )
    np.testing.assert_allclose(
        found["convolution_2.relu"], torch.einsum("c,cyx->yx", weights[1, 4:], late) / 16, rtol=1e-12
    )


@pytest.mark.parametrize("notation", ["4C3", "4C3-MP2", "4C3-J-5N", "4C3-MP12", "4C3-AP2", "5N"])
def test_a_network_whose_logits_are_no_sums_over_places_has_none(make_model, notation):
    model = make_model(notation, (3, 12, 12))
    assert averaged_steps(model.chain) == ()
    assert class_map(forward(model, picture(12, 12, 3)), model, 0) is None


def test_the_walk_holds_it_in_place_of_grad_cam(make_model):
    model = make_model("4C3-K-6C3s3-J", (3, 12, 12), classes=3)
    pixels = picture(12, 12, 3)
    steps = forward(model, pixels)
    told = why(steps, model, Predictor(model), pixels)
    assert told.grad_cam is None
    assert [one.class_index for one in told.evidence.classes] == [0, 1, 2]
    for one in told.evidence.classes:
        assert one.bias + sum(part.total for part in one.parts) == pytest.approx(one.logit, abs=1e-9)
        assert one.map.values().sum() + one.bias == pytest.approx(one.logit, rel=1e-4, abs=1e-4)
        assert [part.map.shape for part in one.parts] == [[12, 12], [4, 4]]
    assert "12 × 12" in told.evidence.text


def test_of_many_classes_only_the_predicted_one_is_told(make_model):
    model = make_model("4C3-J", (1, 6, 6), classes=25)
    pixels = picture(6, 6, 1)
    steps = forward(model, pixels)
    (one,) = why(steps, model, Predictor(model), pixels).evidence.classes
    assert one.class_index == steps[-1].input.argmax()
    zero = replace(model, weights={name: 0 * weight for name, weight in model.weights.items()})
    assert not class_map(forward(zero, pixels), zero, 0).on_finest().any()
