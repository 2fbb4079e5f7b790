"""One exact cell of a rounded convolution."""

import numpy as np
import pytest

from convscope.steps import convolution, depthwise_convolution
from convscope.walkthrough import step_documents
from convscope.walkthrough.compute import compute, prepare_input, step_engine
from convscope.walkthrough.step_documents import StepWriter


@pytest.mark.parametrize("notation", ["6C3-4C3s2", "6C3-D5s2"])
def test_the_largest_cell_is_held_with_the_numbers_it_is_the_sum_of(make_model, monkeypatch, notation):
    monkeypatch.setattr(step_documents, "_LARGE_ARRAY", 8)
    model = make_model(notation, (3, 9, 8))
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)
    computed = compute(prepare_input(pixels, model, "noise"), model, step_engine(model))
    steps = computed.write(StepWriter(model, (), relevance=None, coarse=True))
    told, step = next(
        (one, found)
        for one, found in zip(steps, computed.steps, strict=False)
        if one.name.endswith("convolution_2") or one.kind == "depthwise_convolution"
    )
    assert told.output.scales is not None
    weights, bias = (model.weights[f"{told.name}.{name}"] for name in ("weight", "bias"))
    channel, row, column = np.unravel_index(step.output.argmax(), step.output.shape)
    assert told.exact.place == [channel, row, column]
    explain = depthwise_convolution.explain if told.kind == "depthwise_convolution" else convolution.explain
    expected = explain(step.input, weights, bias, step.step.windows, channel=channel, row=row, column=column)
    inputs = [0 if term.padding else term.input for term in expected.terms]
    np.testing.assert_allclose(told.exact.inputs.values().ravel(), inputs, rtol=1e-6)
    np.testing.assert_array_equal(told.exact.weights.values(), weights[channel])
    total = (told.exact.inputs.values().astype(float) * told.exact.weights.values()).sum() + bias[channel]
    assert total == pytest.approx(told.exact.output, rel=1e-6)
    assert told.exact.output == step.output.max()
