"""The backward pass in a walk, compared with the chain and with sums over its own numbers."""

from dataclasses import replace

import numpy as np
import pytest

from convscope.walkthrough import backward as backward_module
from convscope.walkthrough.losses import gradient_at_logits
from convscope.walkthrough.numpy_chain import backward, forward
from convscope.walkthrough.truth import TrueClass
from convscope.walkthrough.walk import walk


@pytest.fixture(scope="module")
def model(make_model):
    return replace(make_model("4C3-MP2-5N", (1, 8, 8), seed=3), temperature=0.7)


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(3).integers(0, 256, (8, 8), np.uint8)


@pytest.fixture(scope="module")
def found(model, picture):
    return walk(model, picture, picture_name="noise", truth="class 2", gradients=True)


def test_the_document_holds_every_gradient_for_the_truth_and_for_another_class(found, model, picture):
    first, second = found.backward.passes
    others = [index for index in np.argsort(found.probabilities)[::-1] if index != 2]
    assert [first.truth, second.truth] == [2, others[0]]
    for one in (first, second):
        steps = forward(model, picture[:, :, None])
        passed = backward(
            steps, model, gradient_at_logits(steps[-1].input, TrueClass(one.truth), model.temperature)
        )
        assert [step.step for step in one.steps] == [*passed]
        for step in one.steps:
            expected = passed[step.step]
            np.testing.assert_allclose(step.at_output.values(), expected.at_output, atol=1e-6)
            for name, written in zip(("weight", "bias"), (step.at_weights, step.at_bias), strict=True):
                if tensor := expected.at_parameters.get(f"{step.step}.{name}") is not None:
                    assert tensor
                    np.testing.assert_allclose(
                        written.values(), expected.at_parameters[f"{step.step}.{name}"], atol=1e-6
                    )


def test_the_gradient_at_the_logits_is_probability_minus_target_by_temperature(found, model):
    target = np.eye(3)[2]
    by_name = {step.step: step for step in found.backward.passes[0].steps}
    expected = (np.array(found.probabilities) - target) / 0.7
    np.testing.assert_allclose(by_name[model.chain.output.name].at_output.values(), expected, atol=1e-6)


def test_only_a_step_with_several_readers_says_what_each_passes(make_model, picture):
    model = make_model("4C3-(D3)+-5N", (1, 8, 8), seed=3)
    found = walk(model, picture, picture_name="noise", gradients=True)
    by_name = {step.step: step for step in found.backward.passes[0].steps}
    shared = model.chain["addition_1"].inputs[1]
    for step in model.chain.steps[1:-1]:
        for name, part in zip(step.inputs, by_name[step.name].at_inputs, strict=True):
            assert (part is not None) == (name == shared)
    parts = [part.values() for step in by_name.values() for part in step.at_inputs if part is not None]
    np.testing.assert_allclose(sum(parts), by_name[shared].at_output.values(), atol=1e-6)


def test_without_a_known_class_the_predicted_one_comes_first(model, picture):
    found = walk(model, picture, picture_name="noise", gradients=True)
    assert found.backward.passes[0].truth == found.predicted


def test_a_large_network_s_gradients_are_left_out_and_the_document_says_so(model, picture, monkeypatch):
    monkeypatch.setattr(backward_module, "MOST_NUMBERS", 100)
    found = walk(model, picture, picture_name="noise", gradients=True)
    assert found.backward.passes == []
    assert "studio" in found.backward.left_out


def test_steps_whose_curves_take_too_long_are_named(model, picture, monkeypatch):
    monkeypatch.setattr(backward_module, "_BUDGET", backward_module._RUNS * (backward_module._OVERHEAD + 100))
    found = walk(model, picture, picture_name="noise", gradients=True)
    assert {curve.weight.tensor for curve in found.backward.passes[0].curves} == {"full_connection_2.weight"}
    assert "convolution_1, full_connection_1" in found.backward.left_out


def test_a_walk_without_backpropagation_has_none(model, picture):
    assert walk(model, picture, picture_name="noise").backward is None
