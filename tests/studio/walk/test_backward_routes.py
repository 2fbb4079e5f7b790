"""The backward pass over a real socket: gradients, curves and maps of the chain, and refused requests."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from convscope.classifier import load
from convscope.walkthrough.backward_document import (
    AllWeightsStep,
    Descent,
    LossMap,
    StepGradients,
    WeightCurve,
)
from convscope.walkthrough.compute import prepare_input
from convscope.walkthrough.descent import LossOf, all_weights_step, descend, weight_curve
from convscope.walkthrough.losses import gradient_at_logits
from convscope.walkthrough.numpy_chain import backward, forward
from convscope.walkthrough.truth import TrueClass

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 10), np.uint8)
TRUTH = 3


@pytest.fixture(scope="module")
def model(digits_model):
    return load(digits_model).model


@pytest.fixture(scope="module")
def steps(model):
    return forward(model, prepare_input(PIXELS, model, "noise").pixels)


@pytest.fixture
def ask(studio_server):
    """Request a part of the backward pass for the picture."""
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG")
    sent = studio_server.ask("POST", "/api/pictures", buffer.getvalue(), content_type="image/png")[2]
    address = f"/api/models/{studio_server.model('digits')}/backward"

    def ask(part, query="", truth=TRUTH):
        picture = json.loads(sent)["picture"]
        status, _, body = studio_server.ask("GET", f"{address}/{part}?picture={picture}&truth={truth}{query}")
        return status, json.loads(body)

    return ask


def largest(model, steps, tensor):
    at_logits = gradient_at_logits(steps[-1].input, TrueClass(TRUTH), model.temperature)
    at = backward(steps, model, at_logits)[tensor.rpartition(".")[0]].at_parameters[tensor]
    return tuple(int(part) for part in np.unravel_index(np.abs(at).argmax(), at.shape))


def test_gradients_are_the_chain_s(ask, model, steps):
    passed = backward(steps, model, gradient_at_logits(steps[-1].input, TrueClass(TRUTH), model.temperature))
    for name, expected in passed.items():
        status, answer = ask(f"gradients/{name}")
        assert status == 200, answer
        found = StepGradients.model_validate(answer)
        np.testing.assert_allclose(found.at_output.values(), expected.at_output, atol=1e-6)
        for part, at_input in zip(found.at_inputs, expected.at_inputs, strict=True):
            np.testing.assert_allclose(part.values(), at_input, atol=1e-6)
        if expected.at_parameters:
            weight, bias = expected.at_parameters.values()
            np.testing.assert_allclose(found.at_weights.values(), weight, atol=1e-6)
            np.testing.assert_allclose(found.at_bias.values(), bias, atol=1e-6)


def test_curves_descents_and_maps_are_the_chain_s(ask, model, steps):
    tensor = f"{model.chain.output.name}.weight"
    place = largest(model, steps, tensor)
    weight = f"{tensor}:{'.'.join(map(str, place))}"
    loss_of = LossOf(steps, model, TrueClass(TRUTH), ((tensor, place),))
    curve = WeightCurve.model_validate(ask("curve", f"&weight={weight}")[1])
    assert curve == weight_curve(loss_of)
    descent = Descent.model_validate(ask("descent", f"&weight={weight}&rate=0.25")[1])
    assert descent == descend(loss_of, 0.25)
    other = f"{tensor}:{place[0]}.{(place[1] + 1) % model.weights[tensor].shape[1]}"
    found = LossMap.model_validate(ask("map", f"&weight={weight}&weight={other}&rate=0.25")[1])
    values = [found.first_values[2], found.second_values[5]]
    pair = LossOf(steps, model, TrueClass(TRUTH), ((tensor, place), (tensor, tuple(found.second.place))))
    assert found.losses.values()[5, 2] == pytest.approx(pair.loss(values), rel=1e-6)
    assert found.descents[0].losses == descend(pair, 0.25).losses


def test_a_step_of_all_weights_is_the_chain_s(ask, model, steps):
    passed = backward(steps, model, gradient_at_logits(steps[-1].input, TrueClass(TRUTH), model.temperature))
    found = AllWeightsStep.model_validate(ask("all-weights")[1])
    assert found == all_weights_step(steps, model, TrueClass(TRUTH), passed)


@pytest.mark.parametrize(
    ("part", "query", "truth", "status"),
    [
        ("gradients/image", "", 10, 404),
        ("gradients/softmax", "", 0, 404),
        ("gradients/none", "", 0, 404),
        ("curve", "&weight=convolution_1.weight:0.0.0.9", 0, 404),
        ("curve", "&weight=convolution_1.weight:0.0.0", 0, 404),
        ("curve", "&weight=convolution_9.weight:0.0.0.0", 0, 404),
        ("curve", "&weight=convolution_1.weight", 0, 422),
        ("curve", "&weight=convolution_1.bias:0", 10, 404),
        ("descent", "&weight=convolution_1.bias:0&rate=0", 0, 422),
        ("descent", "&weight=convolution_1.bias:0&rate=nan", 0, 422),
        ("map", "&weight=convolution_1.bias:0", 0, 422),
    ],
)
def test_what_is_not_there_is_refused(ask, part, query, truth, status):
    assert ask(part, query, truth)[0] == status
